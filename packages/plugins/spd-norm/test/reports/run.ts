import type { RunRecord } from '@core/registry';

export const exampleRun: RunRecord = {
  id: 'run',
  title: 'A run',
  startedAt: '2026-01-01T00:00:00Z',
  seconds: 1,
  recipe: {},
  provenance: {},
  curves: {},
  results: {},
};
