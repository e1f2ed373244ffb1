import * as t from '../../src/index.js';
import { type Options, testGoldens } from './support.js';

type Padding = 'same' | 'valid' | [number, number][];
type Pair = number | [number, number];

const common = (o: Options) => ({
  stride: o.get<Pair>('stride'),
  dilation: o.get<Pair>('dilation'),
  groups: o.get<number>('groups'),
});
const pooling = (o: Options) => ({
  stride: o.get<Pair>('stride'),
  padding: o.get<[number, number][]>('padding'),
});

testGoldens('conv', {
  operations: {
    conv2d: ({ x, weight, bias }, o) => {
      const y = t.conv2d(x!, weight!, { ...common(o), padding: o.get<Padding>('padding') });
      return bias ? y.add(bias.reshape([1, bias.size, 1, 1])) : y;
    },
    conv1d: ({ x, weight }, o) => t.conv1d(x!, weight!, { ...common(o), padding: o.get<Padding>('padding') }),
    convTranspose2d: ({ x, weight }, o) =>
      t.convTranspose2d(x!, weight!, {
        ...common(o),
        padding: o.get<[number, number][]>('padding'),
        outputPadding: o.get<Pair>('outputPadding'),
      }),
    maxPool2d: ({ x }, o) => t.maxPool2d(x!, o.get<Pair>('window')!, pooling(o)),
    avgPool2d: ({ x }, o) =>
      t.avgPool2d(x!, o.get<Pair>('window')!, {
        ...pooling(o),
        countIncludePad: o.boolean('countIncludePad'),
      }),
  },
});
