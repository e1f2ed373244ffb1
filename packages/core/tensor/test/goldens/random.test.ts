import * as t from '../../src/index.js';
import { threefry2x32 } from '../../src/primitives/kernels/threefry.js';
import { type Options, testGoldens } from './support.js';

const { random } = t;
const dtype = (o: Options) => ({ dtype: o.string('dtype') as t.DType });

testGoldens('random', {
  operations: {
    threefry2x32: ({ key, counter }) => {
      const [k0, k1] = key!.dataSync();
      const [c0, c1] = counter!.dataSync();
      const words = new Int32Array(2);
      threefry2x32(k0!, k1!, c0!, c1!, words);
      return t.tensor(words);
    },
    key: (_, o) => random.key(o.number('seed')),
    split: ({ key }, o) => random.splitStack(key!, o.number('num')),
    foldIn: ({ key }, o) => random.foldIn(key!, o.number('data')),
    bits: ({ key }, o) => random.bits(key!, o.numbers('shape')),
    uniform: ({ key }, o) =>
      random.uniform(key!, o.numbers('shape'), {
        ...dtype(o),
        minval: o.get<number>('min') ?? 0,
        maxval: o.get<number>('max') ?? 1,
      }),
    normal: ({ key }, o) => random.normal(key!, o.numbers('shape'), dtype(o)),
    bernoulli: ({ key }, o) => random.bernoulli(key!, o.number('p'), o.numbers('shape')),
    randint: ({ key }, o) => random.randint(key!, o.numbers('shape'), o.number('min'), o.number('max')),
    permutation: ({ key }, o) => random.permutation(key!, o.number('n')),
  },
  eagerOnly: ['threefry2x32'],
});
