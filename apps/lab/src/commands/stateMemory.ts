import type { ComponentDescription, Optimizer, Registry } from '@core/registry';
import { bytesPerElement, scope, tree, zeros } from '@core/tensor';
import { formatBytes, formatNumber } from '../terminal/format.js';

/** Bytes of state for a float32 leaf, as coefficients of products of its sides: `{ mm: 8, rest: 20 }` are 8 m² + 20. */
export type StateBytes = Readonly<Partial<Record<Term, number>>>;
type Term = 'mn' | 'mm' | 'nn' | 'm' | 'n' | 'rest';

export interface StateMemory {
  /** Of a matrix m × n; undefined where the rule takes none, or its state grows otherwise: then there is `large`. */
  readonly matrix: StateBytes | undefined;
  /** Of a matrix `side` × `side`. */
  readonly large?: number;
  /** Of a vector of n. */
  readonly vector: StateBytes | undefined;
  /** For one that works through others: the optimizer that was put inside. Its state is not counted. */
  readonly inside?: string;
}

/** Keeps the step count and the rate, and nothing for each parameter. */
const plainest = 'optim/sgd';
/** Of the matrix that figures are given for. Rules that look at sizes, such as for a rank, have seen a large one. */
const side = 512;
/** States larger than this are not made to look at them. */
const mostBytes = 64e6;

/**
 * What an optimizer keeps with its defaults, found out by making states for small parameters. Options that must be an
 * optimizer get plain gradient descent.
 *
 * @throws what the registry throws where the optimizer cannot be made without more options
 */
export async function stateMemory(
  registry: Registry,
  { id, options = [] }: ComponentDescription,
): Promise<StateMemory> {
  const inside = options.filter(({ required, type }) => required && type === 'optimizer component');
  const spec = { use: id, ...Object.fromEntries(inside.map(({ name }) => [name, { use: plainest }])) };
  const optimizer = await registry.fromSpec(spec, { kind: 'optimizer' });
  const inner =
    inside.length > 0 ? await registry.fromSpec({ use: plainest }, { kind: 'optimizer' }) : undefined;
  const bytes = (shape: readonly number[]): number =>
    stateBytes(optimizer, shape) - (inner === undefined ? 0 : stateBytes(inner, shape));
  const matrix = fitted((m, n) => bytes([m, n]));
  const large = matrix === undefined ? attempted(() => bytes([side, side])) : undefined;
  return {
    matrix,
    ...(large === undefined ? {} : { large }),
    vector: fitted((_, n) => bytes([n])),
    ...(inside.length > 0 ? { inside: plainest } : {}),
  };
}

function stateBytes(optimizer: Optimizer, shape: readonly number[]): number {
  let sum = 0;
  scope(() => {
    const state = optimizer.init({ weight: zeros(shape) });
    for (const leaf of tree.leaves(state)) sum += leaf.size * bytesPerElement(leaf.dtype);
  });
  return sum;
}

/** The polynomial of second order that a function is; undefined where it throws, or is another one. */
function fitted(f: (m: number, n: number) => number): StateBytes | undefined {
  return attempted(() => {
    const step = 8;
    const at = (i: number, j: number): number => f(i * step, j * step);
    const [origin, right, down] = [at(1, 1), at(1, 2), at(2, 1)];
    const curved = (a: number, b: number, c: number): number => (a - 2 * b + c) / 2 / step ** 2;
    const mm = curved(at(3, 1), down, origin);
    const nn = curved(at(1, 3), right, origin);
    const mn = (at(2, 2) - down - right + origin) / step ** 2;
    const m = (down - origin) / step - mm * 3 * step - mn * step;
    const n = (right - origin) / step - nn * 3 * step - mn * step;
    const found = { mn, mm, nn, m, n };
    const whole: StateBytes = { ...found, rest: origin - bytesAt(found, step, step) };
    const elsewhere = [
      [40, 24],
      [16, 56],
      [side, side],
    ] as const;
    const holds = elsewhere.every(([a, b]) => {
      const expected = bytesAt(whole, a, b);
      return expected > mostBytes || f(a, b) === expected;
    });
    return holds ? withoutZeros(whole) : undefined;
  });
}

/** Undefined where it throws, such as a rule for matrices alone that is given a vector. */
function attempted<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch {
    return undefined;
  }
}

function withoutZeros(bytes: StateBytes): StateBytes {
  return Object.fromEntries(Object.entries(bytes).filter(([, coefficient]) => coefficient !== 0));
}

const products: Readonly<Record<Term, (m: number, n: number) => number>> = {
  mn: (m, n) => m * n,
  mm: (m) => m * m,
  nn: (_, n) => n * n,
  m: (m) => m,
  n: (_, n) => n,
  rest: () => 1,
};

/** The bytes at given sides. */
export function bytesAt(bytes: StateBytes, m: number, n: number): number {
  return terms(bytes).reduce((sum, [term, coefficient]) => sum + coefficient * products[term](m, n), 0);
}

function terms(bytes: StateBytes): [Term, number][] {
  return Object.entries(bytes) as [Term, number][]; // its only keys
}

/** In words, one line for each kind of leaf where they differ. */
export function describeState({ matrix, large, vector, inside }: StateMemory): string[] {
  const beside = inside === undefined ? '' : ', beside what the optimizer inside keeps';
  const rate = perParameter(matrix);
  if (
    rate !== undefined &&
    vector !== undefined &&
    rate === (vector.n ?? 0) &&
    matrix?.rest === vector.rest
  ) {
    const small = formatBytes(matrix?.rest ?? 0);
    return rate === 0
      ? [`${small} in all, nothing for each parameter${beside}`]
      : [
          `${formatNumber(rate)} bytes per float32 parameter (parameters themselves take 4), and ${small}${beside}`,
        ];
  }
  const share = (bytes: number): string =>
    `${formatNumber(Number((bytes / side ** 2).toPrecision(2)))} bytes per parameter at ${side} × ${side}`;
  const formula = matrix && `${inBytes(matrix)}, ${share(bytesAt({ ...matrix, rest: 0 }, side, side))}`;
  const ofMatrix = formula ?? (large === undefined ? undefined : share(large));
  return [
    ofMatrix === undefined
      ? 'not for matrices'
      : `matrix m × n: ${ofMatrix} (parameters themselves take 4)${beside}`,
    vector === undefined ? 'vectors: none, or by their length' : `vector of n: ${inBytes(vector)}${beside}`,
  ];
}

/** Where the state is as many bytes for each parameter of every matrix. */
function perParameter(bytes: StateBytes | undefined): number | undefined {
  if (bytes === undefined) return undefined;
  const { mn = 0, rest: _scalars, ...others } = bytes;
  return Object.keys(others).length === 0 ? mn : undefined;
}

const names: Readonly<Record<Term, string>> = {
  mn: ' m n',
  mm: ' m²',
  nn: ' n²',
  m: ' m',
  n: ' n',
  rest: '',
};

/** `8 m² + 8 n² + 40 bytes`. */
function inBytes(bytes: StateBytes): string {
  const written = terms(bytes).map(([term, coefficient]) =>
    term === 'rest' ? formatBytes(coefficient) : `${formatNumber(coefficient)}${names[term]}`,
  );
  return written.length === 0
    ? 'nothing'
    : `${written.join(' + ')}${bytes.rest === undefined ? ' bytes' : ''}`;
}
