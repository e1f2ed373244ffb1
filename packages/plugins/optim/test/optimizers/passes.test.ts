import { jit, ones, profile, tree, type Profile, type Tensor, type Tree } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  adabelief,
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamp,
  adamw,
  amsgrad,
  applyUpdates,
  exadam,
  kappas,
  lamb,
  lion,
  lionK,
  meanSigmoid,
  nadam,
  normalizedLrGd,
  radam,
  rmsprop,
  scheduleFreeAdamw,
  scheduleFreeSgd,
  sgd,
  sgdp,
  sophia,
  type Optimizer,
} from '../../src/index.js';

/*
 * How often a compiled step goes through the arrays. Elementwise rules are one kernel: it reads the gradient, the parameters and
 * the state once, and writes what changes once. Whoever adds a pass, or breaks the fusion, finds out here.
 */

// Beyond what one row step holds in the cache, where a whole step is one kernel on one thread.
const side = 160;
const arrayBytes = side * side * 4;

type Step = (at: Tree, gradient: Tensor) => Tree;

/** What a step does with arrays of the parameters' size: kernels that touch one, and arrays moved by all of them. */
function passes(step: Step, start: Tree): { kernels: number; arrays: number } {
  const compiled = jit(step, { donate: [0] });
  const gradient = ones([side, side]).mul(0.01);
  let at = compiled(start, gradient);
  const { kernels }: Profile<void> = profile(() => void (at = compiled(at, gradient)));
  const large = kernels.filter(({ bytes, count }) => bytes / count >= arrayBytes);
  return {
    kernels: large.reduce((sum, { count }) => sum + count, 0),
    // Scalars, and rows or columns of a matrix, are not counted.
    arrays: Math.floor(large.reduce((sum, { bytes }) => sum + bytes, 0) / arrayBytes),
  };
}

function passesOf(optimizer: Optimizer): { kernels: number; arrays: number } {
  const params = ones([side, side]);
  const start = tree.map((x: Tensor) => x.mul(1), { params, state: optimizer.init(params) });
  return passes((at, gradient) => {
    const { params: p, state } = at as { params: Tensor; state: Tree };
    const next = optimizer.update(gradient, state, p);
    return { params: applyUpdates(p, next.updates), state: next.state };
  }, start);
}

// Beside the gradient, which is read, and the parameters, which are read and written: arrays of state, read and written.
const elementwise: Readonly<Record<string, readonly [Optimizer, number]>> = {
  sgd: [sgd({ learningRate: 0.01 }), 0],
  'sgd, momentum': [sgd({ learningRate: 0.01, momentum: 0.9 }), 1],
  'sgd, nesterov, L2': [sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.1 }), 1],
  lion: [lion({ weightDecay: 0.1 }), 1],
  'lionK, l1': [lionK(), 1],
  'lionK, huber': [lionK({ kappa: kappas.huber(0.1) }), 1],
  'lionK, entropy': [lionK({ kappa: kappas.entropy(0.1) }), 1],
  adagrad: [adagrad(), 1],
  rmsprop: [rmsprop(), 1],
  'rmsprop, centered, momentum': [rmsprop({ centered: true, momentum: 0.9 }), 3],
  scheduleFreeSgd: [scheduleFreeSgd(), 1],
  adam: [adam(), 2],
  'adam, L2': [adam({ weightDecay: 0.1 }), 2],
  adamw: [adamw(), 2],
  amsgrad: [amsgrad(), 3],
  adamax: [adamax(), 2],
  nadam: [nadam(), 2],
  radam: [radam(), 2],
  adabelief: [adabelief(), 2],
  'adabelief, plain': [adabelief({ rectify: false }), 2],
  exadam: [exadam({ weightDecay: 0.1 }), 2],
  adadelta: [adadelta(), 2],
  'sophia, empirical': [sophia({ empirical: { every: 10, batchSize: 64 } }), 2],
  scheduleFreeAdamw: [scheduleFreeAdamw(), 2],
};

describe('a compiled step of an elementwise rule is one kernel over the arrays it must read and write', () => {
  it.each(Object.entries(elementwise))('%s', (_, [optimizer, state]) => {
    expect(passesOf(optimizer)).toEqual({ kernels: 1, arrays: 3 + 2 * state });
  });

  it('sophia, whose curvature is read and stays where it is', () => {
    expect(passesOf(sophia())).toEqual({ kernels: 1, arrays: 6 });
  });

  it('normalizedLrGd', () => {
    const optimizer = normalizedLrGd({ learningRate: 0.1 });
    const params = ones([side, side]);
    const found = passes(
      (at, gradient) => {
        const { params: p, state } = at as { params: Tensor; state: ReturnType<typeof optimizer.init> };
        const next = optimizer.update(gradient, state, p, { meanSigmoid: meanSigmoid(ones([4])) });
        return { params: applyUpdates(p, next.updates), state: next.state };
      },
      { params: params.mul(1), state: optimizer.init(params) },
    );
    expect(found).toEqual({ kernels: 1, arrays: 3 });
  });
});

describe('rules with norms and means go through the arrays a second time', () => {
  // The moments with all sums (g, p and the state read, the direction written), then the step along it.
  const known: Readonly<Record<string, readonly [Optimizer, { kernels: number; arrays: number }]>> = {
    lamb: [lamb(), { kernels: 3, arrays: 10 }],
    // With decay the first pass reads the parameters anyway, and sums their squares too.
    'lamb, decay': [lamb({ weightDecay: 0.1 }), { kernels: 2, arrays: 10 }],
    adamp: [adamp({ weightDecay: 0.1 }), { kernels: 2, arrays: 10 }],
    sgdp: [sgdp({ learningRate: 0.1, momentum: 0.9 }), { kernels: 2, arrays: 8 }],
    adafactor: [adafactor(), { kernels: 5, arrays: 9 }],
  };
  it.each(Object.entries(known))('%s', (_, [optimizer, expected]) => {
    expect(passesOf(optimizer)).toEqual(expected);
  });
});
