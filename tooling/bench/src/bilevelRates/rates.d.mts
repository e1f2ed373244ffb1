export interface MeasuredRate {
  readonly name: string;
  /** What is stated, as a positive number. */
  readonly rate: number;
  readonly source: string;
  readonly slope: number;
  readonly low: number;
  readonly high: number;
  readonly calls: readonly number[];
  readonly means: readonly number[];
  readonly seconds: number;
}
export const methodNames: readonly string[];
export function measureRates(options?: {
  readonly names?: readonly string[];
  readonly from?: number;
  readonly decades?: number;
  readonly perDecade?: number;
  readonly seeds?: number;
  readonly noise?: number;
}): readonly MeasuredRate[];
