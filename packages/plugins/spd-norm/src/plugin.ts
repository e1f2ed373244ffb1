import { definePlugin, lazySchema, type Entries } from '@core/registry';
import { version } from '../package.json';
import type { configs as Configs } from './configs.js';

/** Schemas are most of a manifest, so they stay out of it until a config is checked. */
const config = <K extends keyof typeof Configs>(name: K) =>
  lazySchema(async () => (await import('./configs.js')).configs[name]);

const needs = ['float64', 'eigh'];
const spdNetPaper = {
  title: 'A Riemannian Network for SPD Matrix Learning',
  year: 2017,
  url: 'https://arxiv.org/abs/1608.04233',
};

const probingPaper = {
  title: 'Tuning Pre-trained Model via Moment Probing',
  year: 2023,
  url: 'https://arxiv.org/abs/2307.11342',
};

const plugin = definePlugin({
  contract: 1,
  name: 'spd-norm',
  version,
  requires: { '@core/tensor': '^0.1.0', '@core/nn': '^0.1.0', '@core/registry': '^0.1.0' },
  components: {
    'spd-net': {
      kind: 'model',
      title: 'SPDNet',
      summary: 'Covariances, compressed and rectified on their manifold, then a linear layer on logarithms.',
      paper: spdNetPaper,
      config: config('spdNet'),
      needs,
      load: async () => ({ create: (await import('./models/spdNet.js')).spdNet }),
    },
    'tsm-net': {
      kind: 'model',
      title: 'TSMNet',
      summary: 'Convolutions of signals in time and over electrodes, then an SPDNet.',
      paper: {
        title:
          'SPD domain-specific batch normalization to crack interpretable unsupervised domain adaptation in EEG',
        year: 2022,
        url: 'https://arxiv.org/abs/2206.01323',
      },
      config: config('tsmNet'),
      needs,
      load: async () => ({ create: (await import('./models/spdNet.js')).tsmNet }),
    },
    'gbw-batch-norm': {
      kind: 'normalization',
      title: 'GBWBN',
      summary: 'Batch normalisation of SPD matrices in the generalised Bures-Wasserstein geometry.',
      paper: {
        title: 'Learning to Normalize on the SPD Manifold under Bures-Wasserstein Geometry',
        year: 2025,
        url: 'https://arxiv.org/abs/2504.00660',
      },
      config: config('gbwBatchNorm'),
      needs,
      load: () => import('./components/gbwBatchNorm.js'),
    },
    'lie-batch-norm': {
      kind: 'normalization',
      title: 'LieBN',
      summary: 'Batch normalisation of SPD matrices in a Lie group under one of three metrics.',
      paper: {
        title: 'A Lie Group Approach to Riemannian Batch Normalization',
        year: 2024,
        url: 'https://arxiv.org/abs/2403.11261',
      },
      config: config('lieBatchNorm'),
      needs,
      load: () => import('./components/lieBatchNorm.js'),
    },
    'riemannian-sgd': {
      kind: 'optimizer',
      title: 'Riemannian SGD',
      summary: 'Moves SPD and orthonormal parameters on their manifolds, and others by another optimizer.',
      paper: {
        title: 'Stochastic gradient descent on Riemannian manifolds',
        year: 2013,
        url: 'https://arxiv.org/abs/1111.5280',
      },
      config: config('riemannianSgd'),
      load: () => import('./components/riemannianSgd.js'),
    },
    'spd-classes': {
      kind: 'dataset',
      title: 'Ill-conditioned covariances',
      summary: 'Classes of covariances that differ in two eigenvalues; made on the spot.',
      config: config('spdClasses'),
      needs: ['float64'],
      load: async () => ({ create: (await import('./datasets/spdClasses.js')).spdClasses }),
    },
    'spd-geodesics': {
      kind: 'report',
      title: 'Geodesics of SPD matrices',
      summary: 'Ways from one matrix to another under five metrics, as rows of ellipses.',
      config: config('spdGeodesics'),
      needs,
      load: async () => ({ create: (await import('./reports/geodesics.js')).spdGeodesicsReport }),
    },
    'moment-probing': {
      kind: 'model',
      title: 'Moment probing',
      summary: "Classes from first and second moments of a backbone's tokens.",
      paper: probingPaper,
      config: config('momentProbing'),
      load: async () => ({ create: (await import('./components/probing.js')).createMomentProbing }),
    },
    'linear-probing': {
      kind: 'model',
      title: 'Linear probing',
      summary: 'A linear classifier of the class token, or of the mean of the tokens.',
      config: config('linearProbing'),
      load: async () => ({ create: (await import('./probing/linearProbing.js')).linearProbing }),
    },
    'backbone-features': {
      kind: 'dataset',
      title: 'Features of a backbone',
      summary:
        "Another dataset's pictures as tokens of a small vision transformer, trained on some of its classes.",
      paper: probingPaper,
      config: config('backboneFeatures'),
      load: async () => ({ create: (await import('./components/probing.js')).createFeatures }),
    },
    probing: {
      kind: 'experiment',
      title: 'Probing a frozen backbone',
      summary: 'Heads on a backbone that has not seen the classes, and MP+, which recalibrates its blocks.',
      paper: probingPaper,
      config: config('probing'),
      load: async () => ({ create: (await import('./components/probing.js')).createExperiment }),
    },
    probe: {
      kind: 'solver',
      title: 'Probe',
      summary: 'Trains a head on a frozen backbone; with psrp also a scale and shift in each block (MP+).',
      paper: probingPaper,
      config: config('probe'),
      load: async () => ({ create: (await import('./components/probing.js')).createProbe }),
    },
  },
});

declare module '@core/registry' {
  interface Components extends Entries<typeof plugin> {}
}

export default plugin;
