import type { Report } from '@core/registry';
import type { Config } from '../configs.js';
import { loraLimitsReport } from '../lora/report.js';

export function create(config: Config<'loraLimits'>): Report {
  return loraLimitsReport(config);
}
