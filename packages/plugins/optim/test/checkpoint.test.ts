import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '@core/data/node';
import type { Tree } from '@core/tensor';
import {
  accumulate,
  adabelief,
  adafactor,
  adamp,
  adamw,
  chain,
  clipByGlobalNorm,
  cosine,
  kappas,
  exadam,
  lion,
  lionK,
  lookahead,
  masked,
  mfac,
  muon,
  nadam,
  partition,
  rmsprop,
  scheduleFreeAdamw,
  sgd,
  sgdp,
  shampoo,
  soap,
  skipNonFinite,
  sophia,
  type Optimizer,
} from '../src/index.js';
import { distance, follow, seeds, someParams } from './support.js';

const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: 0.1, momentum: 0.9 }),
  adamw: adamw({ learningRate: cosine({ from: 0.1, steps: 9 }), amsgrad: true }),
  rmsprop: rmsprop({ centered: true, momentum: 0.5 }),
  adamp: adamp({ weightDecay: 0.1 }),
  sgdp: sgdp({ learningRate: 0.1, momentum: 0.9 }),
  lion: lion({ momentumDType: 'float64' }),
  lionK: lionK({ kappa: kappas.entropy(0.1), scope: 'tree', weightDecay: 0.1 }),
  mfac: mfac({ windowSize: 3, damping: 0.1, momentum: 0.5, sparse: true }),
  adabelief: adabelief({ amsgrad: true, weightDecay: 0.1 }),
  soap: soap({ preconditionFrequency: 2 }),
  'soap, factorised': soap({ factorised: true, preconditionFrequency: 3 }),
  shampoo: shampoo({ learningRate: 0.1, momentum: 0.9, preconditionFrequency: 2 }),
  muon: muon({ weightDecay: 0.1 }),
  exadam: exadam({ weightDecay: 0.1 }),
  nadam: nadam(),
  adafactor: adafactor({ beta1: 0.9 }),
  sophia: sophia({ empirical: { every: 3, batchSize: 10 } }),
  scheduleFreeAdamw: scheduleFreeAdamw({ warmupSteps: 3 }),
  skipNonFinite: skipNonFinite(adamw()),
  'a list of stages': chain(clipByGlobalNorm(1), adamw()),
  'parts of the tree': partition(
    { some: masked(adamw(), (path) => path.endsWith('bias')), rest: lion() },
    (path) => (path.startsWith('layers') ? 'some' : 'rest'),
  ),
  'wrappers in wrappers': lookahead(accumulate(adamw(), 3), { period: 2 }),
};

describe('a checkpoint brings a state back to the same bits', () => {
  it.each(Object.entries(optimizers))('%s', async (_, optimizer) => {
    const folder = await mkdtemp(join(tmpdir(), 'trellis-optim-'));
    try {
      for (const seed of seeds) {
        for (const dtype of ['float32', 'float64'] as const) {
          const grads = [1, 2, 3, 4].map((k) => someParams(10 * seed + k, dtype));
          const half = follow(optimizer, someParams(seed, dtype), grads.slice(0, 2));
          await saveCheckpoint(folder, { params: half.params, state: { optimizer: half.state } });
          const { params, state } = await loadCheckpoint(folder);
          const { optimizer: resumed } = state as { optimizer: Tree };
          const onward = follow(optimizer, params, grads.slice(2), resumed);
          const straight = follow(optimizer, half.params, grads.slice(2), half.state);
          expect(distance(onward.params, straight.params)).toBe(0);
          expect(distance(onward.state, straight.state)).toBe(0);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
