import { loadGoldens, mismatch, type GoldenArray, type GoldenCase } from '@tooling/goldens';
import { expect, it } from 'vitest';
import { tensor, type Tensor } from '@core/tensor';
import { acyclicity, countAccuracy, lasso, learnStructure, logisticL1, topoLinear, type AcyclicityType } from '../../src/index.js'; // prettier-ignore
import { flat } from '../support.js';

const toTensor = ({ shape, data }: GoldenArray): Tensor =>
  tensor(Float64Array.from(data), { shape: [...shape] });
const arg = ({ args }: GoldenCase, name: string): Tensor => toTensor(args[name]!); // every case of that operation has it
const option = ({ options }: GoldenCase, name: string): number => Number(options[name]);

/** What the package gives, by the names of the expected values. */
const operations: Readonly<Record<string, (golden: GoldenCase) => Readonly<Record<string, Tensor>>>> = {
  acyclicity: (golden) => ({
    ...acyclicity(arg(golden, 'weights'), { type: String(golden.options['type']) as AcyclicityType }),
  }),
  topoLinear: (golden) => {
    const [sizeSmall, sizeLarge, largeSearches] = ['sizeSmall', 'sizeLarge', 'largeSearches'].map((name) => option(golden, name)) as [number, number, number]; // prettier-ignore
    const problem = { samples: arg(golden, 'samples'), start: { order: flat(arg(golden, 'start')) } };
    return { ...learnStructure(topoLinear({ sizeSmall, sizeLarge, largeSearches }), problem).solution };
  },
  lasso: (golden) => ({
    value: lasso(option(golden, 'alpha')).fit(arg(golden, 'parents'), arg(golden, 'target')),
  }),
  logisticL1: (golden) => ({
    value: logisticL1(option(golden, 'c')).fit(arg(golden, 'parents'), arg(golden, 'target')),
  }),
  countAccuracy: (golden) => {
    const { falseDiscoveryRate, truePositiveRate, falsePositiveRate, structuralHammingDistance, edges } = countAccuracy(arg(golden, 'truth'), arg(golden, 'found')); // prettier-ignore
    const values = [falseDiscoveryRate, truePositiveRate, falsePositiveRate, structuralHammingDistance, edges]; // prettier-ignore
    return { value: tensor(Float64Array.from(values)) };
  },
};

it.each(loadGoldens('structure').map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
  const got = operations[golden.op]?.(golden) ?? {};
  for (const [name, expected] of Object.entries(golden.expected)) {
    const { shape, dtype } = got[name]!; // the names of the expected values
    expect(mismatch({ shape, dtype, data: flat(got[name]) }, expected, golden)).toBeUndefined();
  }
});
