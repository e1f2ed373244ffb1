import { z } from 'zod';
import { definePlugin, nested, type Entries } from '../../src/index.js';

/** A place for a component of a kind in a zod schema. */
const place = (kind: string) => z.looseObject({ use: z.string() }).meta(nested(kind));

const rate = z.number().nonnegative();

/** A small plugin with everything that a manifest can have. */
export const toy = definePlugin({
  contract: 1,
  name: 'toy',
  version: '1.2.0',
  components: {
    sgd: {
      kind: 'optimizer',
      title: 'Gradient descent',
      summary: 'Steps against the gradient, with momentum.',
      paper: {
        title: 'A stochastic approximation method',
        year: 1951,
        url: 'https://doi.org/10.1214/aoms/1177729586',
      },
      config: z.object({
        learningRate: z
          .union([rate, place('schedule')])
          .default(0.1)
          .describe('Length of a step; a number or a schedule.'),
        momentum: z.number().min(0).lt(1).default(0).describe('Share of the last step that is kept.'),
      }),
      load: () => import('./sgd.js'),
    },
    'old-sgd': {
      kind: 'optimizer',
      title: 'Gradient descent, as it was',
      summary: 'Kept for old recipes.',
      replacedBy: 'toy/sgd',
      config: z.object({}),
      load: () => Promise.reject(new Error('a replaced component is never loaded')),
    },
    wrapped: {
      kind: 'optimizer',
      title: 'Wrapped',
      summary: 'Another optimizer, unchanged.',
      config: z.object({
        inner: place('optimizer').describe('The optimizer inside.'),
        mode: z.enum(['plain', 'fancy']).default('plain').describe('How it is wrapped.'),
      }),
      load: () => import('./wrapped.js'),
    },
    decay: {
      kind: 'schedule',
      title: 'Decay',
      summary: 'Falls by a factor at each step.',
      config: z.strictObject({
        start: z.number().default(1).describe('Value at step 0.'),
        factor: z.number().positive().default(0.9).describe('Factor of each step.'),
      }),
      load: () => import('./decay.js'),
    },
    heavy: {
      kind: 'optimizer',
      title: 'Heavy',
      summary: 'Needs decompositions.',
      needs: ['float64', 'eigh'],
      config: z.object({}),
      load: () =>
        import('./sgd.js').then(({ create }) => ({ create: () => create({ learningRate: 1, momentum: 0 }) })),
    },
    digits: {
      kind: 'dataset',
      title: 'Digits',
      summary: 'No digits at all.',
      config: z.object({ train: z.int().positive().default(8).describe('Training examples.') }),
      load: () => import('./digits.js'),
    },
  },
});

declare module '@core/registry' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- how a plugin merges its entries in
  interface Components extends Entries<typeof toy> {}
}
