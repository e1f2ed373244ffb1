import { definePlugin, nested, type Entries } from '@core/registry';
import { z } from 'zod';
import { version } from '../package.json';

const schedule = z.looseObject({ use: z.string() }).meta(nested('schedule'));

/** All that can be said of this plugin without loading it. */
const plugin = definePlugin({
  contract: 1,
  name: 'sign',
  version,
  requires: { '@core/registry': '^0.1.0', '@core/tensor': '^0.1.0' },
  components: {
    signum: {
      kind: 'optimizer',
      title: 'Signum',
      summary: 'Steps by the sign of a running mean of the gradients.',
      paper: {
        title: 'signSGD: Compressed Optimisation for Non-Convex Problems',
        year: 2018,
        url: 'https://arxiv.org/abs/1802.04434',
      },
      config: z.object({
        learningRate: z
          .union([z.number().nonnegative(), schedule])
          .default(1e-3)
          .describe('Length of each coordinate’s step; a number or a schedule.'),
        momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the running mean that is kept.'),
      }),
      load: () => import('./component.js'),
    },
  },
});

declare module '@core/registry' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- how a plugin adds its ids
  interface Components extends Entries<typeof plugin> {}
}

export default plugin;
