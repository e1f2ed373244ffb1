export interface Options {
  readonly out: string;
  readonly tests: boolean;
  readonly quick: boolean;
  readonly help: boolean;
  readonly peakGflops?: number;
  readonly peakGbps?: number;
}
export const help: string;
export function parse(list: readonly string[]): Options;
