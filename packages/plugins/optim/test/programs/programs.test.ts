import { describe, expect, it } from 'vitest';
import { jit, type Tree } from '@core/tensor';
import {
  adamw,
  adamwProgram,
  checkProgram,
  lion,
  lionProgram,
  parseProgram,
  programFingerprint,
  programOptimizer,
  programText,
  withoutRedundant,
  type Optimizer,
  type OptimizerProgram,
} from '../../src/index.js';
import { functionNames, functions, type FunctionName } from '../../src/programs/functions.js';
import { arrayProgram } from '../../src/programs/interpreter.js';
import { distance, flat, follow, seeds, someParams, thrown } from '../support.js';

const paperListing = `
# Chen et al. 2023, the program that was found, without its redundant statements.
def train(w, g, m, v, lr):
  g = clip(g, lr)
  g = arcsin(g)
  m = interp(g, v, 0.899)
  m2 = m * m
  v = interp(g, m, 1.109)
  abs_m = sqrt(m2)
  update = m / abs_m
  wd = w * 0.8602
  update = update + wd
  lr = lr * 0.0002
  update = update * lr
  return update, m, v`;

describe.each(seeds)('known optimizers as programs, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = [1, 2, 3, 4, 5].map((k) => someParams(seed + 100 * k));
  const cases = [
    [
      'AdamW',
      adamwProgram({ weightDecay: 0.1 }),
      adamw({ learningRate: 0.01, weightDecay: 0.1 }) as Optimizer,
    ],
    ['Lion', lionProgram({ weightDecay: 0.1 }), lion({ learningRate: 0.01, weightDecay: 0.1 }) as Optimizer],
  ] as const;
  it.each(cases)('%s agrees with the optimizer to 1e-12', (_, program, plain) => {
    const made = programOptimizer(program, { learningRate: 0.01 });
    expect(distance(follow(made, params, grads).params, follow(plain, params, grads).params)).toBeLessThan(1e-12); // prettier-ignore
  });
  it('Lion keeps one array per parameter, AdamW two', () => {
    const arrays = (program: OptimizerProgram): number =>
      Object.keys(programOptimizer(program).init(params).variables).length;
    expect([arrays(lionProgram()), arrays(adamwProgram())]).toEqual([1, 2]);
  });
});

describe('the interpreter of the search computes what programOptimizer does', () => {
  /** One statement of each function on tensors and scalars, and a state that carries what it gives. */
  const uses = (name: FunctionName): OptimizerProgram => {
    const { kind, arity } = functions[name];
    const operands = { constant: [], elementwise: ['x', 'c'].slice(0, arity), blend: ['x', 'm', 'c'], norm: ['x'], reduction: ['x', 'm'].slice(0, arity), clip: ['x', 'c'] }[kind]; // prettier-ignore
    return {
      state: ['m'],
      statements: [
        { target: 'x', operation: 'tanh', operands: ['g'] },
        { target: 'c', operation: '*', operands: ['lr', 3] },
        { target: 'y', operation: name, operands },
        { target: 'm', operation: 'interp', operands: ['x', 'm', 0.5] },
        { target: 'update', operation: '+', operands: ['m', 'y'] },
      ],
    };
  };
  const params = { a: someParams(3).layers[0]!.weight, b: someParams(4).layers[1]!.bias };
  const steps = [5, 6, 7].map((seed) => ({ a: someParams(seed).layers[0]!.weight, b: someParams(seed).layers[1]!.bias })); // prettier-ignore

  const compare = (program: OptimizerProgram, learningRate: number): number => {
    checkProgram('test', program);
    const made = programOptimizer(program, { learningRate });
    const arrays = arrayProgram(program, [6, 4]);
    let state = made.init(params);
    let worst = 0;
    for (const grads of steps) {
      const next = made.update(grads, state, params);
      const expected = flat(next.updates);
      const found = arrays.step(
        Float64Array.from(flat(params)),
        Float64Array.from(flat(grads)),
        learningRate,
      );
      expected.forEach((x, i) => {
        if (Number.isNaN(x) && Number.isNaN(found[i])) return;
        worst = Math.max(worst, Math.abs(x + found[i]!) / (1 + Math.abs(x)));
      });
      state = next.state;
    }
    return worst;
  };
  it.each(functionNames)('%s', (name) => {
    expect(compare(uses(name), 0.2)).toBeLessThan(1e-12);
  });
  it('scalars alone, the listing of the paper, and a second run after reset', () => {
    const scalars = parseProgram(
      'def train(w, g, m, lr, t):\n a = norm(lr)\n b = power(a, t)\n c = max(b, 0.5)\n update = w * c\n return update, m',
    );
    expect(compare(scalars, 0.9)).toBeLessThan(1e-12);
    expect(compare(parseProgram(paperListing), 0.5)).toBeLessThan(1e-12);
    const { step, reset } = arrayProgram(adamwProgram(), [3]);
    const g = Float64Array.of(1, -2, 3);
    const first = step(g, g, 1).slice();
    expect(step(g, g, 1)).not.toEqual(first);
    reset();
    expect(step(g, g, 1)).toEqual(first);
  });
});

describe('text', () => {
  it('is read back to the same program, and JSON too', () => {
    for (const program of [adamwProgram(), lionProgram({ weightDecay: 0.1 }), parseProgram(paperListing)]) {
      expect(parseProgram(programText(program))).toEqual(program);
      expect(JSON.parse(JSON.stringify(program))).toEqual(program);
    }
  });
  it('reads the official names and parentheses', () => {
    const text =
      'def train(w, m, g, lr):\n  m = interpolate(m, g, 0.1)\n  update = (m * lr)\n  return update, m';
    expect(programText(parseProgram(text))).toBe(
      'def train(w, g, m, lr):\n  m = interp(m, g, 0.1)\n  update = m * lr\n  return update, m',
    );
  });
  it('says what is wrong, and where', () => {
    const body = (lines: string, state = 'm, '): string =>
      thrown(() =>
        parseProgram(`def train(w, g, ${state}lr):\n${lines}\n  return update${state === '' ? '' : ', m'}`),
      );
    expect(body('  update = relu(g)')).toMatch(/^ARGUMENT: parseProgram: line 2: there is no function relu/);
    expect(body('  update = g * x')).toMatch(
      /statement 1, update = g \* x: x is not defined here; there are w, g/,
    );
    expect(body('  update = dot(g, w)')).toMatch(/update is a scalar at the end/);
    expect(body('  m = dot(g, w)\n  update = g * lr')).toMatch(/m is a scalar at the end/);
    expect(body('  update = interp(g, m, w)')).toMatch(
      /wants a scalar as third operand, got tensor, tensor, tensor/,
    );
    expect(body('  update = dot(g, lr)')).toMatch(/dot wants tensors/);
    expect(body('  update = sqrt(g, w)')).toMatch(/sqrt takes 1 operands, got 2/);
    expect(body('  update = g * 1..2')).toMatch(/operand must be .* got NaN/);
    expect(body('  x = g * lr')).toMatch(/nothing assigns update/);
    expect(body('  update = g * (w + 1)')).toMatch(/line 2 must be like/);
    expect(thrown(() => parseProgram('update = g * lr'))).toMatch(/the first line must be like "def train/);
    expect(thrown(() => parseProgram('def train(w, g, m, lr):\n update = g * lr\n return update'))).toMatch(
      /the last line must be "return update, m"/,
    );
    expect(thrown(() => parseProgram(3 as never))).toMatch(/must be a text/);
  });
  it('so does checkProgram of any data', () => {
    const of = (value: unknown): string => thrown(() => checkProgram('owner', value));
    expect(of(null)).toMatch(/^ARGUMENT: owner: a program must be/);
    expect(of({ state: 'm', statements: [] })).toMatch(/must be arrays/);
    expect(of({ state: ['g'], statements: [] })).toMatch(/name of its own/);
    expect(of({ state: ['m', 'm'], statements: [] })).toMatch(/m twice/);
    expect(of({ state: [], statements: [7] })).toMatch(/statement 1: must be/);
    expect(of({ state: [], statements: [{ target: 'a b', operation: 'abs', operands: ['g'] }] })).toMatch(
      /target/,
    );
    expect(of({ state: [], statements: [{ target: 'x', operation: 'toString', operands: ['g'] }] })).toMatch(
      /no function "toString"/,
    );
    expect(of({ state: [], statements: [{ target: 'x', operation: 'abs', operands: [Infinity] }] })).toMatch(
      /finite number/,
    );
  });
});

describe('redundancy', () => {
  it('is what no way leads from to the update, through state neither', () => {
    const program = parseProgram(`def train(w, g, m, v, s, lr):
      waste = exp(w)
      v = interp(g, v, 0.5)
      s = s + v
      m = interp(g, m, 0.9)
      update = m * lr
      update = m * lr
      return update, m, v, s`);
    expect(programText(withoutRedundant(program))).toBe(
      'def train(w, g, m, lr):\n  m = interp(g, m, 0.9)\n  update = m * lr\n  return update, m',
    );
    // v reaches the update one step later, s two.
    const later = parseProgram(`def train(w, g, m, v, s, lr):
      update = m * lr
      m = v * 1
      v = s + g
      s = g * 2
      return update, m, v, s`);
    expect(withoutRedundant(later)).toEqual(later);
  });
  it('fingerprints know what programs do, not how they are written', () => {
    const lionWritten = parseProgram(`def train(w, g, average, lr):
      waste = exp(w)
      decay = 0.1 * w
      old = 0.9 * average
      new = 0.1 * g
      blend = new + old
      direction = sign(blend)
      average = interp(g, average, 0.99)
      direction = direction + decay
      update = lr * direction
      return update, average`);
    expect(programFingerprint(lionWritten)).toBe(programFingerprint(lionProgram({ weightDecay: 0.1 })));
    expect(programFingerprint(lionWritten)).not.toBe(programFingerprint(lionProgram({ weightDecay: 0.11 })));
    const broken = parseProgram('def train(w, g, lr):\n  update = g / g\n  return update'); // 0 / 0 without a gradient
    expect(programFingerprint(broken)).toBeUndefined();
  });
});

describe('programOptimizer', () => {
  it('refuses trees that do not fit', () => {
    const made = programOptimizer(lionProgram());
    const params: Tree = someParams(1);
    expect(thrown(() => made.update({}, made.init(params), params))).toMatch(/^TREE: programOptimizer/);
    expect(thrown(() => programOptimizer(lionProgram(), { learningRate: NaN }))).toMatch(/learningRate/);
    expect(thrown(() => programOptimizer({} as never))).toMatch(/programOptimizer: a program must be/);
  });
  it('is compiled, with the whole tree in its norms', () => {
    const params = someParams(1);
    const grads = someParams(2);
    const made = programOptimizer(
      'def train(w, g, lr):\n  n = global_norm(g)\n  update = g / n\n  update = update * lr\n  return update',
      { learningRate: 1 },
    );
    const { updates } = jit((g: Tree, w: Tree) => made.update(g, made.init(w), w))(grads, params);
    expect(Math.hypot(...flat(updates))).toBeCloseTo(1, 12);
  });
});
