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
    topo: {
      kind: 'solver',
      title: 'TOPO',
      summary:
        'Learns the structure of a graph by swaps in the order of its nodes; linear models or networks.',
      paper: arxiv('Optimizing NOTEARS Objectives via Topological Swaps', 2023, '2305.17277'),
      config: config('topo'),
      load: () => import('./components/topo.js'),
    },
    notears: {
      kind: 'solver',
      title: 'NOTEARS',
      summary: 'Learns the structure of a graph by its weights, under a constraint that forbids cycles.',
      paper: arxiv('DAGs with NO TEARS: Continuous Optimization for Structure Learning', 2018, '1803.01422'),
      config: config('notears'),
      load: () => import('./components/notears.js'),
    },
    'structure-learning': {
      kind: 'experiment',
      title: 'Structure learning',
      summary: 'Which edges a random graph has, from samples of a model on it.',
      paper: arxiv('Optimizing NOTEARS Objectives via Topological Swaps', 2023, '2305.17277'),
      config: config('structureLearning'),
      load: () => import('./components/structureLearning.js'),
    },
    bip: {
      kind: 'solver',
      title: 'BiP',
      summary: 'Prunes a network in one run: weights below, scores of a mask above, first derivatives only.',
      paper: arxiv('Advancing Model Pruning via Bi-level Optimization', 2022, '2210.04092'),
      config: config('bip'),
      load: () => import('./components/bip.js'),
    },
    'magnitude-pruning': {
      kind: 'solver',
      title: 'Magnitude pruning',
      summary: 'The smallest weights go, at once or in rounds of training and rewinding.',
      paper: arxiv(
        'The Lottery Ticket Hypothesis: Finding Sparse, Trainable Neural Networks',
        2019,
        '1803.03635',
      ),
      config: config('magnitudePruning'),
      load: () => import('./components/magnitudePruning.js'),
    },
    pruning: {
      kind: 'experiment',
      title: 'Pruning',
      summary: 'A network is trained whole and pruned; scores are of what is left, after fine-tuning.',
      config: config('pruning'),
      load: () => import('./components/pruning.js'),
    },
    'power-law': {
      kind: 'schedule',
      title: 'Power law',
      summary: 'A power of the steps so far, as the theory of stochastic methods asks for.',
      config: config('powerLaw'),
      load: () => import('./components/powerLaw.js'),
    },
    'multi-block-auc': {
      kind: 'experiment',
      title: 'Multi-block AUC maximisation',
      summary:
        'Weights of mislabelled examples, shared by one classifier for each class, for the AUC of all.',
      paper: arxiv('Blockwise Stochastic Variance-Reduced Methods with Parallel Speedup', 2023, '2305.18730'),
      config: config('multiBlockAuc'),
      needs: ['float64'],
      load: () => import('./components/multiBlockAuc.js'),
    },
  },
});

declare module '@core/registry' {
  // The ids and config types of this plugin, for `registry.create`.
  interface Components extends Entries<typeof plugin> {}
}

export default plugin;
