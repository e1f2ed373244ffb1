import { expect, it } from 'vitest';
import '../../src/index.js';
import { bytesPerElement } from '../../src/dtype.js';
import * as p from '../../src/primitives/calls.js';
import { fuse, isPointwise } from '../../src/program/fuse.js';
import { planBuffers } from '../../src/program/plan.js';
import type { Plan } from '../../src/program/plan.js';
import type { Program, Variable } from '../../src/program/program.js';
import { record } from '../../src/program/record.js';
import { sizeOf } from '../../src/shape.js';
import { generator } from '../support/kernels.js';
import { randomProgram } from '../support/programs.js';

const bytesOf = ({ shape, dtype }: Variable): number => sizeOf(shape) * bytesPerElement(dtype);

/** Runs the plan with names for elements: whose value each slot holds. Throws where one is read that is gone. */
function simulate(program: Program): Plan {
  const fused = fuse(program, new Map(), isPointwise);
  const plan = planBuffers(program, fused);
  const holder = new Map<number, Variable>();
  const check = (variable: Variable): void => {
    const root = fused.rootOf(variable);
    const slot = plan.slotOf.get(root);
    if (slot !== undefined) expect(holder.get(slot)).toBe(root);
    else expect(plan.outputOf.has(root) || program.inputs.includes(root)).toBe(true);
  };
  for (const step of fused.steps) {
    step.inputs.forEach(check);
    const written = new Set<number>();
    for (const output of step.outputs) {
      const slot = plan.slotOf.get(output);
      // A slot or the caller's memory, and not both.
      expect(slot === undefined).toBe(plan.outputOf.has(output));
      if (slot === undefined) continue;
      expect(written.has(slot)).toBe(false);
      written.add(slot);
      expect(plan.slots[slot]).toBeGreaterThanOrEqual(bytesOf(output));
      for (const input of step.inputs) {
        if (plan.slotOf.get(fused.rootOf(input)) !== slot) continue;
        // Overwritten while it is read: only element by element.
        expect(step.elementwise).toBe(true);
        expect(sizeOf(input.shape)).toBe(sizeOf(output.shape));
        expect(bytesOf(input)).toBe(bytesOf(output));
      }
      holder.set(slot, output);
    }
  }
  plan.copies.forEach(({ from }) => check(from));
  const given = [...plan.outputOf.values(), ...plan.copies.map(({ output }) => output)];
  expect(given.sort((a, b) => a - b)).toEqual(program.outputs.map((_, i) => i));
  return plan;
}

it('no slot is written while its value is still needed, in random programs', () => {
  let slots = 0;
  for (let seed = 1; seed <= 300; seed++)
    slots += simulate(randomProgram(generator(seed), 5 + (seed % 60))).slots.length;
  expect(slots).toBeGreaterThan(300);
});

it('a chain with barriers needs two slots, however long', () => {
  const { program } = record(
    'test',
    (x) => {
      let y = x;
      for (let i = 0; i < 20; i++) y = p.sin(p.flip(p.exp(y), [0]));
      return [y];
    },
    [{ shape: [6], dtype: 'float32' }],
  );
  expect(simulate(program).slots).toHaveLength(2);
});

it('a loop writes over an input that dies in it, and over no other', () => {
  const dies = record(
    'test',
    (x) => {
      const y = p.flip(x, [0]);
      return [p.flip(p.exp(p.neg(y)), [0])];
    },
    [{ shape: [6], dtype: 'float32' }],
  ).program;
  expect(simulate(dies).slots).toEqual([24]);
  const lives = record(
    'test',
    (x) => {
      const y = p.flip(x, [0]);
      return [p.flip(p.exp(p.neg(y)), [0]), p.flip(y, [0])];
    },
    [{ shape: [6], dtype: 'float32' }],
  ).program;
  expect(simulate(lives).slots).toEqual([24, 24]);
  // Twice as wide: an element would reach into its neighbour.
  const widens = record('test', (x) => [p.flip(p.exp(p.cast(p.flip(x, [0]), 'float64')), [0])], [
    { shape: [6], dtype: 'float32' },
  ]).program;
  expect(simulate(widens).slots).toEqual([24, 48]);
});

it('an input that comes out as it is, once or twice, may become the first of these outputs', () => {
  const { program } = record('test', (x, y) => [p.exp(x), y, p.neg(y), y], [
    { shape: [6], dtype: 'float32' },
    { shape: [6], dtype: 'float32' },
  ]);
  const { over, copies } = simulate(program);
  expect(copies.map(({ output }) => output)).toEqual([1, 3]);
  expect([...over].sort()).toEqual([
    [0, 0],
    [1, 1],
  ]);
});
