import { describe, expect, it } from 'vitest';
import { createRegistry } from '@core/registry';
import { random } from '@core/tensor';
import { bcd, blockProblems, blockSolver, type BlockMethodOptions } from '../../src/index.js';
import plugin from '../../src/plugin.js';
import { distance, flat, normals, thrown } from '../support.js';
import { lattice, normalMatrix } from './data.js';

const problem = blockProblems.leastSquares(normalMatrix(1, 12, 10), normals(2, 12));
const { W, y } = lattice(1, 4, 5, 3);
const graph = blockProblems.labelPropagation(W, y);

describe('blockSolver', () => {
  const methods: readonly BlockMethodOptions[] = [
    {},
    { update: 'Hb', selection: 'GSQ', partition: 'Sort' },
    { update: 'LA', selection: 'GSL', partition: 'Order' },
    { update: 'LS', selection: 'IHT', blockSize: 3 },
    { update: 'bpExact', selection: 'GSTree' },
  ];
  it.each(methods)('%o takes the steps of bcd', (options) => {
    const which = options.update === 'bpExact' ? graph : problem;
    const solver = blockSolver(options);
    let state = solver.init(which, random.key(1));
    const losses: unknown[] = [];
    for (let k = 0; k < 12; k++) {
      const next = solver.step(which, state);
      losses.push(next.measures['loss']);
      state = next.state;
    }
    const plain = bcd(which, { ...options, maxIterations: 12, tolerance: 0 });
    expect(losses).toEqual(plain.losses.slice(1));
    expect(distance(solver.solution(which, state).x, plain.x)).toBe(0);
  });

  it('draws other blocks for another key', () => {
    const solver = blockSolver({ selection: 'Random' });
    const after = (seed: number): number[] =>
      flat(solver.step(problem, solver.init(problem, random.key(seed))).state.x);
    expect(after(1)).toEqual(after(1));
    expect(after(1)).not.toEqual(after(2));
  });

  it('is a component, whose options are checked', async () => {
    const registry = createRegistry([plugin]);
    const made = await registry.create('optim/block-coordinate-descent', { update: 'Hb', blockSize: 2 });
    const plain = blockSolver({ update: 'Hb', blockSize: 2 });
    const step = (solver: typeof made): number[] =>
      flat((solver.step(problem, solver.init(problem, random.key(1))).state as { x: never }).x);
    expect(step(made)).toEqual(step(plain as typeof made));
    const refused: unknown = await registry
      .fromSpec({ use: 'optim/block-coordinate-descent', update: 'hb' }, { kind: 'solver' })
      .catch(String);
    expect(refused).toMatch(/update/);
  });

  it('says what is wrong', () => {
    const solver = blockSolver();
    expect(thrown(() => solver.init(problem, 3 as never))).toMatch(
      /^ARGUMENT: blockSolver: key must be made by random.key, got 3/,
    );
    const state = solver.init(problem, random.key(1));
    expect(thrown(() => solver.step(graph, state))).toMatch(
      /^ARGUMENT: blockSolver: the state is of a problem with 10 coordinates/,
    );
    expect(thrown(() => blockSolver({ update: 'lb' as never }))).toMatch(
      /^ARGUMENT: blockSolver: update must be/,
    );
    expect(thrown(() => solver.init({} as never, random.key(1)))).toMatch(
      /^ARGUMENT: blockSolver: problem must be made by blockProblems/,
    );
  });
});
