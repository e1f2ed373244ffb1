import type { Peak } from './cards.mjs';

export interface Figures {
  readonly suite: string;
  readonly name: string;
  readonly webgpu?: number;
  readonly cpu?: number;
  readonly pytorch?: number;
  readonly gflops?: number;
  readonly gbps?: number;
  readonly share?: number;
  readonly reasons: readonly string[];
}
export function figuresOf(
  measured: {
    readonly subject: Readonly<Record<string, unknown>>;
    readonly results: Readonly<Record<string, { readonly milliseconds?: number; readonly reason?: string }>>;
  },
  peak: Peak,
): Figures;
export function reportText(rows: readonly Figures[], peak: Peak): string;
