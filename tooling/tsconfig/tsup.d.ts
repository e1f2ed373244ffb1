import type { Options } from 'tsup';

export declare function library(entry: readonly string[]): Options;
export declare function withDynamicImports(code: string): string;
