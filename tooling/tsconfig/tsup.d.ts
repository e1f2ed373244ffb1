import type { Options } from 'tsup';

export declare function library(entry: readonly string[]): Options;
