import { describe, expect, it } from 'vitest';
import * as trellis from '../src/index.js';
import { random, tensor, vmap, zeros } from '../src/index.js';
import type { Tensor } from '../src/index.js';
import { expectError } from './support/errors.js';
import { functions, validCalls } from './support/surface.js';

/** Each function that takes options: the place of the object, and the names it knows. */
const names: Readonly<Record<string, readonly [place: number, options: string]>> = {
  tensor: [1, 'dtype shape'],
  zeros: [1, 'dtype'],
  ones: [1, 'dtype'],
  full: [2, 'dtype'],
  eye: [2, 'dtype offset'],
  arange: [3, 'dtype'],
  linspace: [3, 'dtype'],
  isClose: [2, 'relative absolute'],
  gelu: [1, 'approximate'],
  sum: [2, 'keepDims'],
  prod: [2, 'keepDims'],
  mean: [2, 'keepDims'],
  max: [2, 'keepDims'],
  min: [2, 'keepDims'],
  all: [2, 'keepDims'],
  any: [2, 'keepDims'],
  argmax: [2, 'keepDims'],
  argmin: [2, 'keepDims'],
  logsumexp: [2, 'keepDims'],
  median: [2, 'keepDims'],
  quantile: [3, 'keepDims'],
  variance: [2, 'ddof keepDims'],
  std: [2, 'ddof keepDims'],
  cumsum: [2, 'reverse'],
  cumprod: [2, 'reverse'],
  cummax: [2, 'reverse'],
  cummin: [2, 'reverse'],
  sort: [2, 'descending'],
  argsort: [2, 'descending'],
  searchsorted: [2, 'side'],
  oneHot: [2, 'dtype'],
  pad: [2, 'mode value'],
  trace: [1, 'offset axis1 axis2'],
  diagonal: [1, 'offset axis1 axis2'],
  conv1d: [2, 'stride padding dilation groups inputDilation'],
  conv2d: [2, 'stride padding dilation groups inputDilation'],
  convTranspose2d: [2, 'stride padding outputPadding dilation groups'],
  maxPool2d: [2, 'stride padding dilation'],
  avgPool2d: [2, 'stride padding countIncludePad'],
  'linalg.norm': [1, 'ord axis keepDims'],
  'linalg.pinv': [1, 'rcond'],
  'linalg.matrixRank': [1, 'rcond'],
  'linalg.lstsq': [2, 'rcond'],
  'linalg.triangularSolve': [2, 'lower transpose unitDiagonal'],
  'random.uniform': [2, 'dtype minval maxval'],
  'random.normal': [2, 'dtype'],
  'random.exponential': [2, 'dtype'],
  'random.gumbel': [2, 'dtype'],
  'random.laplace': [2, 'dtype'],
  'random.logistic': [2, 'dtype'],
  'random.cauchy': [2, 'dtype'],
  'random.truncatedNormal': [4, 'dtype'],
  'random.gamma': [3, 'dtype'],
  'random.beta': [4, 'dtype'],
  'random.dirichlet': [3, 'dtype'],
  'random.categorical': [2, 'axis shape'],
  'random.permutation': [2, 'axis independent'],
  'random.choice': [3, 'replace probabilities axis'],
  'random.orthogonal': [2, 'columns shape dtype'],
  jit: [1, 'name'],
  vmap: [1, 'inAxes outAxes'],
  valueAndGrad: [1, 'argnums hasAux'],
  scan: [3, 'length reverse'],
};

type Loose = (...args: readonly unknown[]) => unknown;

describe.each(Object.entries(names))('%s', (name, [place, known]) => {
  const args = validCalls[name]!;
  const call = (options: unknown): unknown =>
    (functions.get(name) as Loose)(...Array.from({ length: place }, (_, i) => args[i]), options);
  const own = name.replace(/^linalg\./, '');
  const listed = known.split(' ');

  it('refuses an option that it does not know, and names those it knows', () => {
    expectError(() => call({ zzzzzzzzzzzz: 1 }), 'ARGUMENT', `${own}: unknown option 'zzzzzzzzzzzz'; known are ${listed.join(', ')}`); // prettier-ignore
    for (const option of listed)
      expectError(() => call({ [`${option}s`]: 1 }), 'ARGUMENT', `${own}: unknown option '${option}s'; did you mean '${option}'?`); // prettier-ignore
  });

  it('refuses what is no object', () => {
    for (const wrong of [null, 3, 'abc', true, [], () => 1])
      expectError(() => call(wrong), 'ARGUMENT', `${own}: options must be an object with ${listed.join(', ')}`); // prettier-ignore
  });

  it('takes none, and those it knows where they are undefined', () => {
    call(undefined);
    call(Object.fromEntries(listed.map((option) => [option, undefined])));
  });
});

describe('options', () => {
  it('are checked wherever a valid call of the surface has any', () => {
    const taking = Object.entries(validCalls).filter(([, args]) =>
      args.some((arg, i) => i > 0 && Object.getPrototypeOf(arg ?? 0) === Object.prototype),
    );
    // A backend's options are its own; a tree is no options.
    const others = ['useBackend', 'tree.map', 'tree.mapWithPath', 'tree.reduce', 'tree.difference'];
    expect(taking.map(([name]) => name).filter((name) => !(name in names) && !others.includes(name))).toEqual(
      [],
    );
  });

  it('that are misspelt are met with the name that was meant', () => {
    const wrong = (value: unknown): never => value as never;
    const x = tensor([[1, 2], [3, 4]]); // prettier-ignore
    const meant: readonly [() => unknown, string][] = [
      [() => tensor([1], wrong({ dtpye: 'float64' })), "tensor: unknown option 'dtpye'; did you mean 'dtype'?"],
      [() => x.sum(0, wrong({ keepdims: true })), "sum: unknown option 'keepdims'; did you mean 'keepDims'?"],
      [() => vmap((t: Tensor) => t, wrong({ inAxis: 0 })), "vmap: unknown option 'inAxis'; did you mean 'inAxes'?"],
      [() => random.uniform(random.key(1), [2], wrong({ minn: 1 })), "random.uniform: unknown option 'minn'; did you mean 'minval'?"],
      [() => trellis.conv2d(zeros([1, 1, 4, 4]), zeros([1, 1, 2, 2]), wrong({ strides: 2 })), "conv2d: unknown option 'strides'; did you mean 'stride'?"],
    ]; // prettier-ignore
    for (const [run, message] of meant) expectError(run, 'ARGUMENT', message);
  });
});
