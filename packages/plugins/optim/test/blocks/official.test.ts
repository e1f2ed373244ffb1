import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tensor } from '@core/tensor';
import { bcd, blockProblems, type BcdOptions, type BlockProblem } from '../../src/index.js';
import { flat } from '../support.js';

interface Case {
  readonly problem: string;
  readonly partition: string;
  readonly selection: string;
  readonly update: string;
  readonly blockSize: number;
  readonly start?: readonly number[];
  readonly losses: readonly number[];
  readonly blocks: readonly (readonly number[])[];
  readonly x: readonly number[];
}

type Matrix = readonly (readonly number[])[];

const golden = JSON.parse(readFileSync(new URL('../goldens/blocks.json', import.meta.url), 'utf8')) as {
  readonly problems: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly cases: readonly Case[];
};

const f64 = (values: unknown) => tensor(values as Matrix | readonly number[], { dtype: 'float64' });

function problemOf(name: string): BlockProblem {
  const { A, b, W, y, l1 } = golden.problems[name] ?? {};
  switch (name) {
    case 'leastSquares':
      return blockProblems.leastSquares(f64(A), f64(b));
    case 'logistic':
      return blockProblems.logistic(f64(A), f64(b));
    case 'softmax':
      return blockProblems.softmax(f64(A), f64(b));
    case 'nnLassoLS':
      return blockProblems.nnLassoLS(f64(A), f64(b), l1 as number);
    case 'lattice':
      return blockProblems.labelPropagation(f64(W), f64(y), { lattice: { rows: 5, columns: 6 } });
    default:
      return blockProblems.labelPropagation(f64(W), f64(y));
  }
}

const problems = new Map(Object.keys(golden.problems).map((name) => [name, problemOf(name)]));

/** The code's spelling of a rule. */
const ours: Readonly<Record<string, string>> = { 'gsq-nn': 'GSQ-NN' };

describe('the official code’s blocks, losses and solution', () => {
  it.each(golden.cases.map((one) => [`${one.problem} ${one.partition} ${one.selection} ${one.update}`, one]))(
    '%s',
    (_, given) => {
      const { problem, partition, selection, update, blockSize, losses, blocks, x, start } = given;
      const options = {
        partition,
        selection: ours[selection] ?? selection,
        update,
        blockSize: Math.max(1, blockSize),
        norm: 1,
        ...(start && { start }),
        maxIterations: blocks.length,
        tolerance: 0,
      } as BcdOptions; // names of the file
      const result = bcd(problems.get(problem) as BlockProblem, options);
      expect(result.blocks.map((block) => [...block])).toEqual(blocks);
      // Their message passing ends when messages still move by 1e-4, and its errors stay in x.
      const digits = update === 'bpGabp' ? 1e-3 : 1e-9;
      losses.forEach((loss, i) => {
        expect(Math.abs((result.losses[i] ?? NaN) - loss)).toBeLessThanOrEqual(digits * Math.abs(loss));
      });
      const size = Math.hypot(...x);
      flat(result.x).forEach((value, i) => {
        expect(Math.abs(value - (x[i] ?? NaN))).toBeLessThanOrEqual(digits * size);
      });
    },
  );
});
