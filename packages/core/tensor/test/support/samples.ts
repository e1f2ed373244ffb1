import type { DType } from '../../src/dtype.js';
import { allocate } from '../../src/dtype.js';
import { tensor } from '../../src/ops/convert.js';
import * as p from '../../src/primitives/calls.js';
import type {
  BinaryName,
  PrimitiveName,
  PrimitiveParameters,
  UnaryName,
} from '../../src/primitives/parameters.js';
import { record } from '../../src/program/record.js';
import type { Shape } from '../../src/shape.js';
import { sizeOf } from '../../src/shape.js';
import type { Tensor } from '../../src/tensor.js';
import type { CustomVjpRule } from '../../src/transforms/customVjp.js';
import { integer, randomShape } from './kernels.js';

/** Inputs on which a primitive is smooth, and its parameters. */
export interface Sample<N extends PrimitiveName = PrimitiveName> {
  readonly inputs: readonly Tensor[];
  readonly params: PrimitiveParameters[N];
}

export interface Source {
  readonly random: () => number;
  readonly dtype: DType;
}

/** Random shapes without empty axes: derivatives of nothing show nothing. */
function shape({ random }: Source, maxRank = 3, minRank = 0): number[] {
  return randomShape(random, maxRank, 4, minRank).map((length) => Math.max(length, 1));
}

/** Uniform in [low, high) for floats; small whole numbers and bits for the others. */
export function uniform({ random, dtype }: Source, of: Shape, low = -2, high = 2): Tensor {
  const data = allocate(dtype, sizeOf(of));
  for (let i = 0; i < data.length; i++) {
    const x = low + random() * (high - low);
    data[i] = dtype === 'bool' ? Number(random() < 0.5) : dtype === 'int32' ? Math.round(x * 3) : x;
  }
  return tensor(data, { shape: of });
}

/** Distinct numbers at least 0.1 apart, in random order: extremes, sorts and comparisons are smooth around them. */
function spaced({ random, dtype }: Source, of: Shape): Tensor {
  const size = sizeOf(of);
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = integer(random, 0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const data = allocate(dtype, size);
  order.forEach(
    (rank, i) =>
      (data[i] =
        dtype === 'bool'
          ? rank % 2
          : dtype === 'int32'
            ? rank - (size >> 1)
            : (rank - size / 2) * 0.3 + 0.05),
  );
  return tensor(data, { shape: of });
}

const indices = ({ random }: Source, of: Shape, length: number): Tensor =>
  tensor(
    Int32Array.from({ length: sizeOf(of) }, () => integer(random, -length, length - 1)),
    { shape: of },
  );

/** A matrix that no rule has trouble with: singular values near 1.5, 2.5, 3.5, …, well apart. */
function wellConditioned(source: Source, batch: Shape, n: number): Tensor {
  const noise = uniform(source, [...batch, n, n], -0.15, 0.15);
  const diagonal = Float64Array.from({ length: n * n }, (_, i) =>
    i % (n + 1) === 0 ? 1.5 + i / (n + 1) : 0,
  );
  return p.add(noise, p.cast(tensor(diagonal, { shape: [n, n] }), source.dtype));
}

function positiveDefinite(source: Source, batch: Shape, n: number): Tensor {
  const a = wellConditioned(source, [], n);
  const square = p.matmul(p.reshape(a, [1, n, n]), p.reshape(a, [1, n, n]), false, true);
  return p.broadcastTo(p.reshape(square, [n, n]), [...batch, n, n]);
}

const unaryDomain: Partial<Record<UnaryName, readonly [number, number]>> = {
  log: [0.2, 3],
  log1p: [-0.7, 3],
  sqrt: [0.2, 3],
  asin: [-0.8, 0.8],
  acos: [-0.8, 0.8],
  acosh: [1.2, 3],
  atanh: [-0.8, 0.8],
  erfinv: [-0.8, 0.8],
  lgamma: [0.3, 4],
  tan: [-1.2, 1.2],
};

const broken: readonly UnaryName[] = ['abs', 'sign', 'floor', 'ceil', 'round', 'trunc'];

function unary(name: UnaryName) {
  return (source: Source): Sample => ({
    inputs: [
      broken.includes(name)
        ? spaced(source, shape(source))
        : uniform(source, shape(source), ...(unaryDomain[name] ?? [-2, 2])),
    ],
    params: {},
  });
}

/** Two shapes that broadcast, each with some axes 1 or missing. */
function broadcastPair(source: Source): [number[], number[]] {
  const whole = shape(source, 3);
  const part = (): number[] => {
    const thinned = whole.map((length) => (source.random() < 0.3 ? 1 : length));
    return thinned.slice(integer(source.random, 0, whole.length));
  };
  return source.random() < 0.5 ? [whole, part()] : [part(), whole];
}

function binary(name: BinaryName) {
  return (source: Source): Sample => {
    const [a, b] = broadcastPair(source);
    if (name === 'pow')
      return {
        inputs: [
          uniform(source, a, 0.3, 2),
          source.dtype === 'int32' ? p.mul(p.square(uniform(source, b, 0, 1)), 1) : uniform(source, b),
        ],
        params: {},
      };
    if (name === 'shiftLeft' || name === 'shiftRight')
      return { inputs: [uniform(source, a), p.full(b, 2, source.dtype)], params: {} };
    if (['div', 'floorDivide', 'remainder', 'atan2'].includes(name))
      return { inputs: [uniform(source, a, -2, 2), uniform(source, b, 0.7, 1.9)], params: {} };
    // The second is moved by 0.11, so that no two elements that meet are closer than that.
    const y = spaced(source, b);
    return {
      inputs: [spaced(source, a), source.dtype === 'bool' || source.dtype === 'int32' ? y : p.add(y, 0.11)],
      params: {},
    };
  };
}

function reduction(make: (source: Source, of: number[]) => Tensor) {
  return (source: Source): Sample => {
    const of = shape(source, 3, 1);
    const axes = of.map((_, axis) => axis).filter(() => source.random() < 0.6);
    return { inputs: [make(source, of)], params: { axes: axes.length > 0 ? axes : [0] } };
  };
}

const alongAxis =
  (extra: object) =>
  (source: Source): Sample => {
    const of = shape(source, 3, 1);
    return {
      inputs: [spaced(source, of)],
      params: { axis: integer(source.random, 0, of.length - 1), ...extra },
    };
  };

const key = (source: Source): Tensor =>
  tensor(Int32Array.from([source.random() * 1e9, source.random() * 1e9]), { shape: [2] });

const programOf = (f: (...xs: Tensor[]) => Tensor[], inputs: readonly Tensor[]) =>
  record('sample', f, inputs).program;

const sineRule = (x: Tensor): CustomVjpRule => ({
  program: programOf((a) => [p.sin(a)], [x]),
  forward: ([a]) => ({ outputs: [p.sin(a!)], residuals: [a!], memo: undefined }),
  backward: ([a], _memo, [ct]) => [p.mul(ct!, p.cos(a!))],
});

/** A way to try every primitive; the type demands one for each. */
export const samples: {
  readonly [N in PrimitiveName]: (source: Source) => { inputs: readonly Tensor[]; params: unknown };
} = {
  ...(Object.fromEntries(
    (
      [
        'neg',
        'abs',
        'sign',
        'exp',
        'expm1',
        'log',
        'log1p',
        'sqrt',
        'sin',
        'cos',
        'tan',
        'asin',
        'acos',
        'atan',
        'sinh',
        'cosh',
        'tanh',
        'asinh',
        'acosh',
        'atanh',
        'sigmoid',
        'softplus',
        'erf',
        'erfc',
        'erfinv',
        'lgamma',
        'floor',
        'ceil',
        'round',
        'trunc',
        'isNaN',
        'isFinite',
        'not',
      ] satisfies UnaryName[]
    ).map((name) => [name, unary(name)]),
  ) as Record<UnaryName, (source: Source) => Sample>),
  ...(Object.fromEntries(
    (
      [
        'add',
        'sub',
        'mul',
        'div',
        'floorDivide',
        'remainder',
        'pow',
        'atan2',
        'maximum',
        'minimum',
        'equal',
        'notEqual',
        'less',
        'lessEqual',
        'greater',
        'greaterEqual',
        'and',
        'or',
        'xor',
        'shiftLeft',
        'shiftRight',
      ] satisfies BinaryName[]
    ).map((name) => [name, binary(name)]),
  ) as Record<BinaryName, (source: Source) => Sample>),
  where: (source) => {
    const [a, b] = broadcastPair(source);
    return {
      inputs: [uniform({ ...source, dtype: 'bool' }, b), uniform(source, a), uniform(source, [])],
      params: {},
    };
  },
  cast: (source) => ({ inputs: [uniform(source, shape(source))], params: { dtype: 'float64' } }),
  polygamma: (source) => ({
    inputs: [uniform(source, shape(source), 0.5, 4)],
    params: { order: integer(source.random, 0, 2) },
  }),

  sum: reduction(uniform),
  prod: reduction((source, of) => uniform(source, of, 0.5, 1.5)),
  reduceMax: reduction(spaced),
  reduceMin: reduction(spaced),
  argMax: alongAxis({}),
  argMin: alongAxis({}),
  cumsum: (source) => {
    const of = shape(source, 3, 1);
    return {
      inputs: [uniform(source, of)],
      params: { axis: integer(source.random, 0, of.length - 1), reverse: source.random() < 0.5 },
    };
  },
  argsort: alongAxis({ descending: false }),

  full: ({ dtype }) => ({ inputs: [], params: { shape: [2, 3], dtype, value: 1 } }),
  iota: ({ dtype }) => ({ inputs: [], params: { shape: [2, 3], dtype, axis: 1 } }),
  reshape: (source) => {
    const of = shape(source);
    return { inputs: [uniform(source, of)], params: { shape: [...of].reverse() } };
  },
  transpose: (source) => {
    const of = shape(source, 3, 1);
    return {
      inputs: [uniform(source, of)],
      params: { permutation: of.map((_, axis) => (axis + 1) % of.length) },
    };
  },
  broadcastTo: (source) => {
    const of = shape(source, 2);
    return {
      inputs: [
        uniform(
          source,
          of.map((length) => (source.random() < 0.4 ? 1 : length)),
        ),
      ].map((x) => x),
      params: { shape: [2, ...of] },
    };
  },
  slice: (source) => {
    const of = shape(source, 3, 1).map((length) => length + 1);
    return {
      inputs: [uniform(source, of)],
      params: {
        starts: of.map(() => integer(source.random, 0, 1)),
        stops: of,
        steps: of.map(() => integer(source.random, 1, 2)),
      },
    };
  },
  pad: (source) => {
    const of = shape(source, 3, 1).map((length) => length + 2);
    const any = (low: number, high: number): number[] => of.map(() => integer(source.random, low, high));
    return {
      inputs: [uniform(source, of)],
      params: { low: any(-1, 2), high: any(-1, 2), interior: any(0, 1), value: 0 },
    };
  },
  concat: (source) => {
    const of = shape(source, 3, 1);
    return {
      inputs: [uniform(source, of), uniform(source, [of[0]! + 1, ...of.slice(1)])],
      params: { axis: 0 },
    };
  },
  flip: (source) => {
    const of = shape(source, 3, 1);
    return { inputs: [uniform(source, of)], params: { axes: [of.length - 1] } };
  },
  dynamicSlice: (source) => ({
    inputs: [uniform(source, [4, 5]), indices(source, [], 3), indices(source, [], 3)].map((x) => x),
    params: { sizes: [2, 3] },
  }),
  dynamicUpdateSlice: (source) => ({
    inputs: [
      uniform(source, [4, 5]),
      uniform(source, [2, 3]),
      indices(source, [], 3),
      indices(source, [], 3),
    ],
    params: {},
  }),
  gather: (source) => ({
    inputs: [uniform(source, [source.random() < 0.5 ? 1 : 2, 4, 3]), indices(source, [2, 5], 4)],
    params: {},
  }),
  scatterAdd: (source) => ({
    inputs: [
      uniform(source, [2, 4, 3]),
      indices(source, [source.random() < 0.5 ? 1 : 2, 5], 4),
      uniform(source, [2, 5, 3]),
    ],
    params: {},
  }),
  stopGradient: (source) => ({ inputs: [uniform(source, shape(source))], params: {} }),

  matmul: (source) => {
    const transposeA = source.random() < 0.5;
    const transposeB = source.random() < 0.5;
    const [m, k, n] = [1, 2, 3].map(() => integer(source.random, 1, 4)) as [number, number, number];
    const batch = (): number => (source.random() < 0.4 ? 1 : 3);
    return {
      inputs: [
        uniform(source, [batch(), ...(transposeA ? [k, m] : [m, k])]),
        uniform(source, [batch(), ...(transposeB ? [n, k] : [k, n])]),
      ],
      params: { transposeA, transposeB },
    };
  },
  conv2d: (source) => {
    const any = (low: number, high: number): number => integer(source.random, low, high);
    const groups = any(1, 2);
    return {
      inputs: [
        uniform(source, [2, groups * any(1, 2), any(6, 7), any(6, 7)]),
        uniform(source, [groups * any(1, 2), 0, any(1, 3), any(1, 3)]),
      ].map((x, i, all) =>
        i === 0 ? x : uniform(source, [x.shape[0]!, all[0]!.shape[1]! / groups, x.shape[2]!, x.shape[3]!]),
      ),
      params: {
        strides: [any(1, 2), any(1, 2)],
        padding: [
          [any(0, 2), any(0, 2)],
          [any(0, 2), any(-1, 2)],
        ],
        inputDilation: [any(1, 2), 1],
        kernelDilation: [1, any(1, 2)],
        groups,
      },
    };
  },
  maxPoolIndices: (source) => ({
    inputs: [spaced(source, [2, 2, 5, 6])],
    params: { window: [2, 3], strides: [2, 2], padding: [[0, 1], [1, 0]], dilation: [1, 1] }, // prettier-ignore
  }),

  cholesky: (source) => ({ inputs: [positiveDefinite(source, [2], 3)], params: {} }),
  triangularSolve: (source) => ({
    inputs: [wellConditioned(source, [2], 3), uniform(source, [2, 3, 2])],
    params: {
      lower: source.random() < 0.5,
      transpose: source.random() < 0.5,
      unitDiagonal: source.random() < 0.5,
    },
  }),
  solve: (source) => ({
    inputs: [wellConditioned(source, [2], 3), uniform(source, [2, 3, 2])],
    params: { transpose: source.random() < 0.5 },
  }),
  slogdet: (source) => ({ inputs: [wellConditioned(source, [2], 3)], params: {} }),
  qr: (source) => ({ inputs: [p.slice(wellConditioned(source, [], 4), [0, 0], [4, 3])], params: {} }),
  svd: (source) => ({
    inputs: [p.slice(wellConditioned(source, [], 4), [0, 0], source.random() < 0.5 ? [4, 3] : [3, 4])],
    params: {},
  }),
  eigh: (source) => ({ inputs: [positiveDefinite(source, [2], 3)], params: {} }),

  randomBits: (source) => ({ inputs: [key(source)], params: { size: 5 } }),
  splitKey: (source) => ({ inputs: [key(source)], params: { count: 3 } }),
  randomGamma: (source) => ({ inputs: [key(source), uniform(source, [4], 0.5, 3)], params: {} }),
  randomGammaGrad: (source) => ({
    inputs: [uniform(source, [4], 0.5, 3), uniform(source, [4], 0.5, 3)],
    params: {},
  }),

  jit: (source) => {
    const inputs = [uniform(source, [3]), uniform(source, [])];
    return {
      inputs,
      params: {
        name: 'sample',
        program: programOf((a, b) => [p.mul(p.sin(a), b), p.sum(p.exp(a), [0])], inputs),
      },
    };
  },
  checkpoint: (source) => {
    const inputs = [uniform(source, [3]), uniform(source, [])];
    return { inputs, params: { program: programOf((a, b) => [p.mul(p.sin(a), b)], inputs) } };
  },
  cond: (source) => {
    const inputs = [uniform(source, [3]), uniform(source, [])];
    return {
      inputs: [uniform({ ...source, dtype: 'bool' }, []), ...inputs],
      params: {
        whenTrue: programOf((a, b) => [p.mul(p.sin(a), b)], inputs),
        whenFalse: programOf((a, b) => [p.add(p.square(a), b)], inputs),
      },
    };
  },
  customVjp: (source) => {
    const x = uniform(source, [3]);
    return { inputs: [x], params: { rule: sineRule(x) } };
  },
  scan: (source) => {
    const [w, s, x] = [uniform(source, []), uniform(source, [2]), uniform(source, [3, 2])];
    const element = { shape: [2], dtype: source.dtype };
    const body = record('sample', (w, s, x) => [p.sin(p.add(p.mul(s, w), x)), p.mul(s, x)], [
      w,
      s,
      element,
    ]).program;
    return {
      inputs: [w, s, x],
      params: { body, constants: 1, carry: 1, length: 3, reverse: source.random() < 0.5 },
    };
  },
};
