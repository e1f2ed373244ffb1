import * as t from '../../src/index.js';
import { type Operation, type Options, testGoldens } from './support.js';

type Axis = number | readonly number[] | null;
type Reduction = (x: t.Tensor, axis?: Axis, options?: { keepDims?: boolean; ddof?: number }) => t.Tensor;

const keep = (o: Options) => ({ keepDims: o.get<boolean>('keepDims') ?? false });
const reduction =
  (f: Reduction): Operation =>
  ({ x }, o) =>
    f(x!, o.get<Axis>('axis'), keep(o));
const spread =
  (f: Reduction): Operation =>
  ({ x }, o) =>
    f(x!, o.get<Axis>('axis'), { ...keep(o), ddof: o.number('ddof') });
const cumulative =
  (f: typeof t.cumsum): Operation =>
  ({ x }, o) =>
    f(x!, o.number('axis'), { reverse: o.boolean('reverse') });

testGoldens('reduce', {
  operations: {
    sum: ({ x, fill }, o) =>
      fill
        ? t.sum(t.concat([x!, t.tile(fill, o.number('repeatFill'))]))
        : t.sum(x!, o.get<Axis>('axis'), keep(o)),
    mean: reduction(t.mean),
    prod: reduction(t.prod),
    max: reduction(t.max),
    min: reduction(t.min),
    argmax: ({ x }, o) => t.argmax(x!, o.number('axis')),
    argmin: ({ x }, o) => t.argmin(x!, o.number('axis')),
    all: reduction(t.all),
    any: reduction(t.any),
    std: spread(t.std),
    var: spread(t.variance),
    logsumexp: reduction(t.logsumexp),
    softmax: ({ x }, o) => t.softmax(x!, o.number('axis')),
    logSoftmax: ({ x }, o) => t.logSoftmax(x!, o.number('axis')),
    cumsum: cumulative(t.cumsum),
    cumprod: cumulative(t.cumprod),
    norm: ({ x }, o) => {
      const ord = o.get<number | 'fro' | 'nuc'>('ord');
      const axis = o.get<number | readonly [number, number]>('axis') ?? null;
      return t.linalg.norm(x!, { axis, ...keep(o), ...(ord === undefined ? {} : { ord }) });
    },
  },
});
