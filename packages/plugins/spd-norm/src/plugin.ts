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
const tsmPaper = {
  title:
    'SPD domain-specific batch normalization to crack interpretable unsupervised domain adaptation in EEG',
  year: 2022,
  url: 'https://arxiv.org/abs/2206.01323',
};
const gbwPaper = {
  title: 'Learning to Normalize on the SPD Manifold under Bures-Wasserstein Geometry',
  year: 2025,
  url: 'https://arxiv.org/abs/2504.00660',
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
      paper: tsmPaper,
      config: config('tsmNet'),
      needs,
      load: async () => ({ create: (await import('./models/spdNet.js')).tsmNet }),
    },
    'gbw-batch-norm': {
      kind: 'normalization',
      title: 'GBWBN',
      summary: 'Batch normalisation of SPD matrices in the generalised Bures-Wasserstein geometry.',
      paper: gbwPaper,
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
    'ssvep-net': {
      kind: 'model',
      title: 'SSVEP network of GBWBN',
      summary:
        'Two convolutions with batch normalisation, then an SPDNet, with the constants of the EEG experiment.',
      paper: gbwPaper,
      config: config('ssvepNet'),
      needs,
      load: async () => ({ create: (await import('./models/ssvepNet.js')).ssvepNet }),
    },
    'r-res-net': {
      kind: 'model',
      title: 'Riemannian residual network',
      summary:
        'BiMap, normalisation, steps along geodesics that the spectrum decides, a linear layer on logarithms.',
      paper: {
        title: 'Riemannian Residual Neural Networks',
        year: 2023,
        url: 'https://arxiv.org/abs/2310.10013',
      },
      config: config('rResNet'),
      needs,
      load: async () => ({ create: (await import('./models/rResNet.js')).rResNet }),
    },
    'batch-norm-momentum': {
      kind: 'schedule',
      title: 'Momentum of running statistics',
      summary: 'Averages statistics over more batches as training settles.',
      paper: tsmPaper,
      config: config('batchNormMomentum'),
      load: async () => ({ create: (await import('./layers/momentum.js')).batchNormMomentum }),
    },
    'noise-floors': {
      kind: 'dataset',
      title: 'Sources above noise floors',
      summary:
        'Classes of covariances that differ in large eigenvalues, above noise of every level; made on the spot.',
      config: config('noiseFloors'),
      needs: ['float64'],
      load: async () => ({ create: (await import('./datasets/noiseFloors.js')).noiseFloors }),
    },
    'local-covariances': {
      kind: 'dataset',
      title: 'Region covariances',
      summary: "Another dataset's pictures as covariances of intensities, derivatives and positions.",
      paper: {
        title: 'Region Covariance: A Fast Descriptor for Detection and Classification',
        year: 2006,
        url: 'https://doi.org/10.1007/11744047_45',
      },
      config: config('localCovariances'),
      needs: ['float64'],
      load: () => import('./components/localCovariances.js'),
    },
    'series-covariances': {
      kind: 'dataset',
      title: 'Covariances of time series',
      summary: 'Covariances of series and recordings from .ts and .arff files of your own.',
      config: config('seriesCovariances'),
      needs: ['float64'],
      load: async () => ({ create: (await import('./datasets/seriesCovariances.js')).seriesCovariances }),
    },
  },
});

declare module '@core/registry' {
  interface Components extends Entries<typeof plugin> {}
}

export default plugin;
