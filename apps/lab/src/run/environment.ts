import { availableParallelism, cpus, totalmem } from 'node:os';
import { backendInfo } from '@core/tensor';
import { appVersion } from '../plugins.js';
import { formatBytes, plural } from '../terminal/format.js';

/** The machine and versions a run was made with: plain data. */
export interface Environment {
  readonly lab: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly backend: string;
  readonly backendDescription: string;
}

export function readEnvironment(): Environment {
  const backend = backendInfo();
  return {
    lab: appVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: (cpus()[0]?.model ?? 'unknown').trim(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    backend: backend.name,
    backendDescription: backend.description,
  };
}

/** Label and value, for people. */
export function environmentRows(environment: Environment): readonly (readonly [string, string])[] {
  return [
    ['Processor', `${environment.processor}, ${plural(environment.cores, 'core')}`],
    ['Memory', formatBytes(environment.memoryBytes)],
    ['System', environment.platform],
    ['Backend', `${environment.backend}: ${environment.backendDescription}`],
    ['Node', environment.node],
    ['Trellis lab', environment.lab],
  ];
}
