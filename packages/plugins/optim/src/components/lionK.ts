import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import * as kappas from '../kappas/index.js';
import { lionK } from '../optimizers/lionK.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'lionK'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, kappa, ...options } = await withSchedules(config, context);
  return lionK({ ...options, kappa: make(kappa), weightDecayMask: decayMask(weightDecayOn) });
}

/** What a recipe's `kappa` stands for. */
function make(kappa: Config<'lionK'>['kappa']): kappas.Kappa {
  switch (kappa.name) {
    case 'lp':
      return kappas.lp(kappa.power);
    case 'huber':
      return kappas.huber(kappa.width);
    case 'entropy':
      return kappas.entropy(kappa.width);
    case 'soft-l1':
      return kappas.softL1(kappa.threshold);
    case 'top-k':
      return kappas.topK(kappa.count);
    case 'rows':
    case 'columns':
      return kappas.groupL2(kappa.name);
    default:
      return kappas[kappa.name]();
  }
}
