import type { Report } from '@core/registry';
import type { Config } from '../configs.js';
import { programSearchReport } from '../programs/report.js';

export function create(config: Config<'programSearch'>): Report {
  return programSearchReport(config);
}
