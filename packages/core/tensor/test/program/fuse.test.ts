import { describe, expect, it } from 'vitest';
import { jit, profile, tensor } from '../../src/index.js';
import type { TypedArray } from '../../src/dtype.js';
import * as p from '../../src/primitives/calls.js';
import { fuse, isPointwise, stepName } from '../../src/program/fuse.js';
import type { Step } from '../../src/program/fuse.js';
import type { Program, Variable } from '../../src/program/program.js';
import { evaluateProgram } from '../../src/program/program.js';
import { record } from '../../src/program/record.js';
import { sizeOf } from '../../src/shape.js';
import type { Shape } from '../../src/shape.js';
import type { Tensor } from '../../src/tensor.js';
import { bind } from '../../src/trace.js';
import { generator, randomHost } from '../support/kernels.js';
import { randomProgram } from '../support/programs.js';

/** Steps of a function of float32 tensors. Scalars that are written down count as constants, as in a backend. */
function stepsOf(f: (...xs: Tensor[]) => Tensor[], ...shapes: Shape[]): readonly Step[] {
  const { program } = record(
    'test',
    f,
    shapes.map((shape) => ({ shape, dtype: 'float32' as const })),
  );
  return fuse(program, new Map(), isPointwise).steps;
}

const namesOf = (steps: readonly Step[]): string[] => steps.map(stepName);

const matrix = [4, 5];

describe('what is fused', () => {
  it('a chain becomes one loop that stores its last value only, with its constants as numbers', () => {
    const steps = stepsOf((x, y) => [p.tanh(p.mul(p.add(x, y), 2))], matrix, matrix);
    expect(namesOf(steps)).toEqual(['fused(add,mul,tanh)']);
    expect(steps[0]!.inputs).toHaveLength(2);
    expect(steps[0]!.outputs).toHaveLength(1);
  });

  it('values that are read elsewhere are stored, also several', () => {
    const steps = stepsOf((x) => {
      const y = p.exp(x);
      return [y, p.greater(y, 1), p.mul(y, y)];
    }, matrix);
    expect(namesOf(steps)).toEqual(['fused(exp,greater,mul)']);
    expect(steps[0]!.outputs.map(({ dtype }) => dtype)).toEqual(['float32', 'bool', 'float32']);
  });

  it('a broadcast is a read, and is not made where nothing else needs it', () => {
    const f = (x: Tensor, row: Tensor): Tensor => p.neg(p.mul(x, p.broadcastTo(row, matrix)));
    const steps = stepsOf((x, row) => [f(x, row)], matrix, [5]);
    expect(namesOf(steps)).toEqual(['fused(mul,neg)']);
    expect(steps[0]!.inputs.map(({ shape }) => shape)).toEqual([matrix, [5]]);
    const kept = stepsOf((x, row) => [f(x, row), p.flip(p.broadcastTo(row, matrix), [0])], matrix, [5]);
    expect(namesOf(kept).sort()).toEqual(['broadcastTo', 'flip', 'fused(mul,neg)']);
  });

  it('a reduction, and a value of another shape, end a group', () => {
    const steps = stepsOf((x) => {
      const e = p.exp(p.sub(x, p.reduceMax(x, [1]).reshape([4, 1])));
      return [p.neg(p.div(e, p.sqrt(p.sum(e, [1])).reshape([4, 1])))];
    }, matrix);
    expect(namesOf(steps)).toEqual(['reduceMax', 'fused(sub,exp)', 'sum', 'sqrt', 'fused(div,neg)']);
  });

  it('what waits for a reduction of a group cannot join that group, though it reads it as well', () => {
    const steps = stepsOf((x) => {
      const a = p.exp(p.neg(x));
      const total = p.sum(a, [0, 1]);
      return [p.abs(p.mul(a, total))];
    }, matrix);
    expect(namesOf(steps)).toEqual(['fused(neg,exp)', 'sum', 'fused(mul,abs)']);
  });

  it('a group that another one reads under a different shape is finished first', () => {
    const steps = stepsOf(
      (x, row) => {
        const narrow = p.exp(p.neg(row));
        return [p.sin(p.add(x, narrow)), p.abs(narrow)];
      },
      matrix,
      [5],
    );
    expect(namesOf(steps)).toEqual(['fused(neg,exp)', 'fused(add,sin)', 'abs']);
    const reshaped = stepsOf((x) => [p.sin(p.abs(p.reshape(p.exp(p.neg(x)), [20])))], matrix);
    expect(namesOf(reshaped)).toEqual(['fused(neg,exp)', 'fused(abs,sin)']);
  });

  it('branches of one shape meet in one loop; strangers stay apart', () => {
    const steps = stepsOf((x, y, z) => [p.add(p.sin(x), p.cos(y)), p.exp(p.neg(z))], matrix, matrix, matrix);
    expect(namesOf(steps)).toEqual(['fused(sin,cos,add)', 'fused(neg,exp)']);
    // Reading the same tensor is reason enough.
    expect(namesOf(stepsOf((x) => [p.sin(x), p.cos(x)], matrix))).toEqual(['fused(sin,cos)']);
  });

  it('groups have a bounded number of operands and of members', () => {
    const many = stepsOf(
      (...xs) => [xs.reduce((a, b) => p.add(a, b))],
      ...Array.from({ length: 30 }, () => matrix),
    );
    expect(many.length).toBeGreaterThan(1);
    for (const step of many) expect(step.inputs.length + step.outputs.length).toBeLessThanOrEqual(12);
    const long = stepsOf((x) => {
      let y = x;
      for (let i = 0; i < 200; i++) y = p.sin(y);
      return [y];
    }, matrix);
    expect(long).toHaveLength(4);
  });

  it('profile names the loop', () => {
    const f = jit((x: Tensor) => p.where(p.lessEqual(p.add(x, x), 1), x, 0));
    const { kernels } = profile(() => f(tensor([1, 0.25])));
    expect(kernels.map(({ kernel }) => kernel)).toEqual(['fused(add,lessEqual,where)']);
  });
});

/** The bytes, with one bit pattern for every NaN: JS does not say which one an operation gives. */
function bits(x: Tensor): Uint8Array {
  const data: TypedArray = x.dataSync();
  data.forEach((value, i) => {
    if (value !== value) data[i] = NaN;
  });
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function inputsOf(random: () => number, program: Program): Tensor[] {
  return program.inputs.map(({ shape, dtype }) =>
    tensor(randomHost(random, shape, dtype, true).data, { shape }),
  );
}

describe('random programs', () => {
  const seeds = Array.from({ length: 150 }, (_, i) => i + 1);

  it('give the same bits fused, twice, as one operation at a time', () => {
    let fused = 0;
    for (const seed of seeds) {
      const random = generator(seed);
      const program = randomProgram(random, 5 + (seed % 40));
      fused += fuse(program, new Map(), isPointwise).steps.filter((step) => step.kind === 'fused').length;
      for (const run of [1, 2]) {
        const inputs = inputsOf(random, program);
        const expected = evaluateProgram(program, inputs);
        bind('jit', inputs, { program, name: 'random' }).forEach((y, i) => {
          expect(bits(y), `seed ${seed}, run ${run}, output ${i}`).toEqual(bits(expected[i]!));
        });
      }
    }
    expect(fused).toBeGreaterThan(seeds.length);
  });

  it('compute every value before it is read, and once', () => {
    for (const seed of seeds) {
      const program = randomProgram(generator(seed), 5 + (seed % 40));
      const { steps, rootOf } = fuse(program, new Map(), isPointwise);
      const known = new Set<Variable>(program.inputs);
      for (const step of steps) {
        for (const input of step.inputs) expect(known.has(rootOf(input)), `seed ${seed}`).toBe(true);
        for (const output of step.outputs) {
          expect(known.has(output), `seed ${seed}`).toBe(false);
          known.add(output);
        }
        if (step.kind === 'fused') {
          expect(step.equations.length).toBeGreaterThan(1);
          for (const output of step.outputs) expect(sizeOf(output.shape)).toBe(sizeOf(step.shape));
        }
      }
      for (const output of program.outputs) expect(known.has(rootOf(output)), `seed ${seed}`).toBe(true);
    }
  });
});
