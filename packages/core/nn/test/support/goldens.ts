import { type GoldenArray, type GoldenCase, type GoldenOption } from '@tooling/goldens';
import { loadGoldens, mismatch } from '@tooling/goldens';
import { jit, tensor, valueAndGrad } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { expect } from 'vitest';

export type Tensors = Readonly<Record<string, Tensor>>;

/** Every case of @core/nn's reference values, by title. */
export const goldenCases = loadGoldens('nn').map((c) => [c.name, c] as const);

/** Options of a case as the file has them; a wrong assumption about their types shows as a failing case. */
export class Options {
  private readonly values: Readonly<Record<string, GoldenOption>>;

  constructor(values: Readonly<Record<string, GoldenOption>>) {
    this.values = values;
  }

  get<T extends GoldenOption>(name: string): T {
    const value = this.values[name];
    if (value === undefined) throw new Error(`the case has no option ${name}`);
    return value as T; // see the class's comment
  }

  /** The named options alone, as an object. */
  pick<T extends object>(...names: string[]): T {
    const entries = names.filter((name) => name in this.values).map((name) => [name, this.values[name]]);
    return Object.fromEntries(entries) as T; // see the class's comment
  }
}

/** One operation: outputs by the names that the file uses; those that are differentiated are called `value`. */
export type Operation = (args: Tensors, options: Options) => Tensors | Tensor;

/** Value, value under jit, gradients, and gradients under jit of one case. */
export function checkCase(c: GoldenCase, operation: Operation): void {
  const options = new Options(c.options);
  const named = (result: Tensors | Tensor): Tensors =>
    typeof result.dtype === 'string' ? { value: result as Tensor } : (result as Tensors);
  const run = (args: Tensors): Tensors => named(operation(args, options));
  const { cotangent, ...args } = Object.fromEntries(
    Object.entries(c.args).map(([name, x]) => [name, fromGolden(x)]),
  );
  compare(c, run(args));
  if (Object.keys(args).length > 0) compare(c, jit(run)(args));

  const wanted = Object.keys(c.expected).filter((name) => name.startsWith('grad.'));
  if (wanted.length === 0) return;
  const names = wanted.map((name) => name.slice('grad.'.length));
  const objective = (leaves: Tensors): Tensor => {
    const { value } = run({ ...args, ...leaves });
    return (cotangent === undefined ? value! : value!.mul(cotangent)).sum();
  };
  const leaves = Object.fromEntries(names.map((name) => [name, args[name]!]));
  const gradient = (x: Tensors): Tensors =>
    Object.fromEntries(Object.entries(valueAndGrad(objective)(x)[1]).map(([name, g]) => [`grad.${name}`, g]));
  compare(c, gradient(leaves));
  compare(c, jit(gradient)(leaves));
}

/** Every value, or every gradient, that the case has is as expected. */
function compare(c: GoldenCase, outputs: Tensors): void {
  const isGradient = (name: string): boolean => name.startsWith('grad.');
  const gradients = Object.keys(outputs).every(isGradient);
  for (const [name, want] of Object.entries(c.expected)) {
    if (isGradient(name) !== gradients) continue;
    const got = outputs[name];
    if (got === undefined) throw new Error(`no output ${name}; there are ${Object.keys(outputs).join(', ')}`);
    const wrong = mismatch({ shape: got.shape, dtype: got.dtype, data: got.dataSync() }, want, c);
    expect(wrong && `${name}: ${wrong} [${c.source}]`).toBeUndefined();
  }
}

export function fromGolden({ data, shape, dtype }: GoldenArray): Tensor {
  if (data instanceof Uint32Array || dtype === 'uint32') throw new Error('no case here has uint32');
  return tensor(data, { shape, dtype });
}
