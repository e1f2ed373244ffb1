import * as t from '../../src/index.js';
import { type Operation, type Options, testGoldens } from './support.js';

const sorting =
  (f: typeof t.sort): Operation =>
  ({ x }, o) =>
    f(x!, o.number('axis'), { descending: o.boolean('descending') });
const dtype = (o: Options) => ({ dtype: o.string('dtype') as t.DType });

testGoldens('indexing', {
  operations: {
    sort: sorting(t.sort),
    argsort: sorting(t.argsort),
    topK: ({ x }, o) => t.topK(x!, o.number('k')),
    searchsorted: ({ sorted, values }, o) =>
      t.searchsorted(sorted!, values!, { side: o.string('side') as 'left' | 'right' }),
    unique: ({ x }) => {
      const { values, ...rest } = t.unique(x!);
      return { value: values, ...rest };
    },
    take: ({ x, indices }, o) => t.take(x!, indices!, o.number('axis')),
    takeAlongAxis: ({ x, indices }, o) => t.takeAlongAxis(x!, indices!, o.number('axis')),
    scatterAdd: ({ x, indices, updates }, o) => t.scatterAdd(x!, indices!, updates!, o.number('axis')),
    segmentSum: ({ x, segments }, o) => t.segmentSum(x!, segments!, o.number('count')),
    pad: ({ x }, o) => t.pad(x!, o.get<[number, number][]>('padding')!, { value: o.number('value') }),
    flip: ({ x }, o) => t.flip(x!, o.number('axis')),
    roll: ({ x }, o) => t.roll(x!, o.number('shift'), o.number('axis')),
    tril: ({ x }, o) => t.tril(x!, o.number('k')),
    triu: ({ x }, o) => t.triu(x!, o.number('k')),
    arange: (_, o) => t.arange(o.number('start'), o.number('stop'), o.number('step'), dtype(o)),
    linspace: (_, o) => t.linspace(o.number('start'), o.number('stop'), o.number('num'), dtype(o)),
  },
  eagerOnly: ['unique'],
});
