import { type GoldenArray, type GoldenCase, type GoldenOption, type GoldenSubject } from '@tooling/goldens';
import { loadGoldens, mismatch } from '@tooling/goldens';
import { describe, expect, it } from 'vitest';
import { type Tensor, jit, sum, tensor, valueAndGrad } from '../../src/index.js';

export type Args = Readonly<Record<string, Tensor>>;
export type Outputs = Readonly<Record<string, Tensor>>;

/** The options of a case, read by type; one that is missing or of another type throws. */
export interface Options {
  number(name: string): number;
  string(name: string): string;
  boolean(name: string): boolean;
  numbers(name: string): number[];
  /** As it stands, without a check; undefined where the case does not have it. */
  get<T>(name: string): T | undefined;
}

function reader(values: Readonly<Record<string, GoldenOption>>): Options {
  const read = <T extends GoldenOption>(
    name: string,
    isRight: (v: GoldenOption | undefined) => boolean,
  ): T => {
    const value = values[name];
    if (!isRight(value)) throw new Error(`golden option ${name} is ${JSON.stringify(value)}`);
    return value as T; // `isRight` has just checked it
  };
  return {
    number: (name) => read(name, (v) => typeof v === 'number'),
    string: (name) => read(name, (v) => typeof v === 'string'),
    boolean: (name) => read(name, (v) => typeof v === 'boolean'),
    numbers: (name) => read(name, (v) => Array.isArray(v) && v.every((x) => typeof x === 'number')),
    // The caller names the type that the file has there; a wrong one shows as a failing case.
    get: <T>(name: string) => values[name] as T | undefined,
  };
}

/** One operation: its outputs by the names that the file uses. A single output is `value`. */
export type Operation = (args: Args, options: Options) => Outputs | Tensor;

export interface Suite {
  readonly operations: Readonly<Record<string, Operation>>;
  /** Operations that cannot be traced (their result's size depends on values, or they take no tensor). */
  readonly eagerOnly?: readonly string[];
}

/** One test per case of the subject: eager, under jit, and the gradients that the case holds. */
export function testGoldens(subject: GoldenSubject, { operations, eagerOnly = [] }: Suite): void {
  const cases = loadGoldens(subject);
  describe(`reference values: ${subject}`, () => {
    it.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
      const operation = operations[c.op];
      if (!operation) throw new Error(`no operation for ${c.op}`);
      checkCase(c, operation, !eagerOnly.includes(c.op));
    });

    it('uses every operation of the table', () => {
      expect(new Set(cases.map((c) => c.op))).toEqual(new Set(Object.keys(operations)));
    });
  });
}

function checkCase(c: GoldenCase, operation: Operation, traceable: boolean): void {
  const options = reader(c.options);
  const run = (args: Args): Outputs => named(operation(args, options));
  const { cotangent, ...args } = fromGoldens(c.args);
  compare(run(args), c, '');
  if (traceable && Object.keys(args).length > 0) compare(jit(run)(args), c, ' (jit)');

  const wanted = Object.keys(c.expected)
    .filter((key) => key.startsWith('grad.'))
    .map((key) => key.slice('grad.'.length));
  if (wanted.length === 0) return;
  const loss = (leaves: Args): Tensor => {
    const value = run({ ...args, ...leaves }).value;
    if (!value) throw new Error('a gradient case needs the output `value`');
    return sum(cotangent ? value.mul(cotangent) : value);
  };
  const leaves = Object.fromEntries(wanted.map((name) => [name, args[name]!]));
  const compiled = jit((x: Args) => valueAndGrad(loss)(x)[1]);
  for (const [how, gradient] of [
    ['', valueAndGrad(loss)(leaves)[1]],
    [' (jit)', compiled(leaves)],
  ] as const)
    compare(Object.fromEntries(wanted.map((name) => [`grad.${name}`, gradient[name]!])), c, how);
}

/** Every output that the case knows is as expected; `grad.*` is compared only where it is among the outputs. */
function compare(outputs: Outputs, c: GoldenCase, how: string): void {
  const gradients = Object.keys(outputs).every((key) => key.startsWith('grad.'));
  for (const [key, want] of Object.entries(c.expected)) {
    if (key.startsWith('grad.') !== gradients) continue;
    const got = outputs[key];
    if (!got) throw new Error(`no output ${key}; have ${Object.keys(outputs).join(', ')}`);
    const wrong = mismatch({ shape: got.shape, dtype: got.dtype, data: got.dataSync() }, signed(want), c);
    expect(wrong && `${key}${how}: ${wrong} [${c.source}]`).toBeUndefined();
  }
}

function named(result: Outputs | Tensor): Outputs {
  return 'dtype' in result && typeof result.dtype === 'string'
    ? { value: result as Tensor }
    : (result as Outputs);
}

function fromGoldens(args: Readonly<Record<string, GoldenArray>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(args).map(([key, x]) => [key, fromGolden(x)]));
}

function fromGolden(golden: GoldenArray): Tensor {
  const { data, shape, dtype } = signed(golden);
  if (data instanceof Uint32Array || dtype === 'uint32') throw new Error('uint32 becomes int32 above');
  return tensor(data, { shape, dtype });
}

/** Keys and random bits are unsigned in the files; tensors hold the same bits as int32. */
function signed(x: GoldenArray): GoldenArray {
  return x.data instanceof Uint32Array ? { ...x, dtype: 'int32', data: new Int32Array(x.data.buffer) } : x;
}
