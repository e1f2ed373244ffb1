import { availableParallelism, cpus, totalmem } from 'node:os';
import type { BackendInfo, PassedOver } from '@core/tensor';
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
  /** Where the backend was chosen by itself: those that would have been better, and why they were not taken. */
  readonly backendsPassedOver?: readonly PassedOver[];
}

export function readEnvironment(backend: BackendInfo): Environment {
  return {
    lab: appVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: (cpus()[0]?.model ?? 'unknown').trim(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    backend: backend.name,
    backendDescription: backend.description,
    ...(backend.passedOver === undefined ? {} : { backendsPassedOver: backend.passedOver }),
  };
}

/** Label and value, for people. */
export function environmentRows(environment: Environment): readonly (readonly [string, string])[] {
  return [
    ['Processor', `${environment.processor}, ${plural(environment.cores, 'core')}`],
    ['Memory', formatBytes(environment.memoryBytes)],
    ['System', environment.platform],
    ['Backend', `${environment.backend}: ${environment.backendDescription}`],
    ...(environment.backendsPassedOver ?? []).map(
      ({ name, reason }) => ['Not taken', `${name}: ${reason}`] as const,
    ),
    ['Node', environment.node],
    ['Trellis lab', environment.lab],
  ];
}
