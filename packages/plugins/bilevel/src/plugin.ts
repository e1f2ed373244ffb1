import { definePlugin, lazySchema, type Entries } from '@core/registry';
import { version } from '../package.json';
import type { configs as Configs } from './configs.js';

/** Schemas are most of a manifest, so they stay out of it until a config is checked. */
const config = <K extends keyof typeof Configs>(name: K) =>
  lazySchema(async () => (await import('./configs.js')).configs[name]);

const arxiv = (title: string, year: number, number: string) => ({
  title,
  year,
  url: `https://arxiv.org/abs/${number}`,
});

const plugin = definePlugin({
  contract: 1,
  name: 'bilevel',
  version,
  requires: { '@core/tensor': '^0.1.0', '@core/registry': '^0.1.0' },
  components: {
    loop: {
      kind: 'solver',
      title: 'Bilevel loop',
      summary: 'Steps of the lower level, a hypergradient by any method, a step of the upper level.',
      paper: arxiv(
        'Betty: An Automatic Differentiation Library for Multilevel Optimization',
        2022,
        '2207.02849',
      ),
      config: config('loop'),
      load: () => import('./components/loop.js'),
    },
    'stoc-bio': {
      kind: 'solver',
      title: 'stocBiO',
      summary: 'Warm-started SGD below, and a Neumann series with a batch for each factor.',
      paper: arxiv('Bilevel Optimization: Convergence Analysis and Enhanced Design', 2021, '2010.07962'),
      config: config('stocBiO'),
      load: () => import('./components/stocBiO.js'),
    },
    f2sa: {
      kind: 'solver',
      title: 'F2SA',
      summary: 'Single loop with a growing penalty; first derivatives only.',
      paper: arxiv('A Fully First-Order Method for Stochastic Bilevel Optimization', 2023, '2301.10945'),
      config: config('f2sa'),
      load: () => import('./components/f2sa.js'),
    },
    bome: {
      kind: 'solver',
      title: 'BOME',
      summary: 'Descends both levels at once by a dynamic barrier; first derivatives only.',
      paper: arxiv('BOME! Bilevel Optimization Made Easy: A Simple First-Order Approach', 2022, '2209.08709'),
      config: config('bome'),
      load: () => import('./components/bome.js'),
    },
    'lv-hba': {
      kind: 'solver',
      title: 'LV-HBA',
      summary:
        'Constraints that couple both levels, by a proximal Lagrangian; single loop, first derivatives only.',
      paper: arxiv(
        'Constrained Bi-Level Optimization: Proximal Lagrangian Value Function Approach',
        2024,
        '2401.16164',
      ),
      config: config('lvHba'),
      load: () => import('./components/lvHba.js'),
    },
    penalty: {
      kind: 'solver',
      title: 'F2BSA',
      summary:
        'Penalised hyper-objective with proximal steps and momentum; lower levels with many solutions.',
      paper: arxiv(
        'On Penalty Methods for Nonconvex Bilevel Optimization and First-Order Stochastic Approximation',
        2024,
        '2309.01753',
      ),
      config: config('penalty'),
      load: () => import('./components/penalty.js'),
    },
    bsvrb: {
      kind: 'solver',
      title: 'BSVRB',
      summary: 'Many lower levels, some sampled at a step, with variance-reduced estimates for each.',
      paper: arxiv('Blockwise Stochastic Variance-Reduced Methods with Parallel Speedup', 2023, '2305.18730'),
      config: config('bsvrb'),
      load: () => import('./components/bsvrb.js'),
    },
    'hyper-cleaning': {
      kind: 'experiment',
      title: 'Data hyper-cleaning',
      summary: 'Finds wrong labels: a weight for each training example, by the loss on validation.',
      paper: arxiv('Forward and Reverse Gradient-Based Hyperparameter Optimization', 2017, '1703.01785'),
      config: config('hyperCleaning'),
      load: () => import('./components/hyperCleaning.js'),
    },
    'weight-decay': {
      kind: 'experiment',
      title: 'Weight decay search',
      summary: 'A weight decay for each parameter, by the loss on validation.',
      paper: arxiv('Optimizing Millions of Hyperparameters by Implicit Differentiation', 2020, '1911.02590'),
      config: config('weightDecay'),
      load: () => import('./components/weightDecay.js'),
    },
    svm: {
      kind: 'experiment',
      title: 'Support vector machine',
      summary: 'How much each training point counts, where the lower level has constraints.',
      paper: arxiv(
        'Constrained Bi-Level Optimization: Proximal Lagrangian Value Function Approach',
        2024,
        '2401.16164',
      ),
      config: config('svm'),
      load: () => import('./components/svm.js'),
    },
  },
});

declare module '@core/registry' {
  // The ids and config types of this plugin, for `registry.create`.
  interface Components extends Entries<typeof plugin> {}
}

export default plugin;
