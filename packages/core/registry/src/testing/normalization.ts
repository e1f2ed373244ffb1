import { grad, type Tensor, type Tree } from '@core/tensor';
import type { Normalization } from '../kinds/normalization.js';
import {
  bitsOf,
  law,
  leavesUntouched,
  must,
  mustBeFinite,
  mustBeTree,
  randomTensor,
  seeds,
  shapesOf,
  type Law,
  type Make,
} from './law.js';

export interface NormalizationLawOptions {
  /** Shape of one example. Default `[4]`. */
  readonly inputShape?: readonly number[];
  /** A batch of inputs, for layers that take special ones (symmetric positive matrices). Default: random float64. */
  readonly input?: (seed: number) => Tensor;
}

export function normalizationLaws(
  make: Make<Normalization>,
  options: NormalizationLawOptions = {},
): readonly Law[] {
  const { inputShape = [4], input = (seed: number) => randomTensor(seed, [6, ...inputShape]) } = options;
  return [true, false].flatMap((train) => {
    const mode = train ? 'training' : 'evaluation';
    return [
      law(`${mode}: the output has the input’s shape, and nothing is changed in place`, async () => {
        const layer = await make();
        const { params, state } = layer.init(inputShape);
        mustBeTree(params, 'params');
        mustBeTree(state, 'state');
        for (const seed of seeds) {
          const x = input(seed);
          const run = (): { output: Tensor; state: Tree } =>
            leavesUntouched('apply', { params, state, x }, () => layer.apply(params, state, x, { train }));
          const { output, state: after } = run();
          must(shapesOf(output) === shapesOf(x), () => `output is ${shapesOf(output)}, input ${shapesOf(x)}`);
          must(
            shapesOf(after) === shapesOf(state),
            () => `the state became ${shapesOf(after)}, was ${shapesOf(state)}`,
          );
          must(train || bitsOf(after) === bitsOf(state), () => 'evaluation changed the state');
          must(
            bitsOf(run()) === bitsOf({ output, state: after }),
            () => 'apply gives another result for the same arguments',
          );
          mustBeFinite(output, 'output');
        }
      }),
      law(`${mode}: gradients are finite`, async () => {
        const layer = await make();
        const { params, state } = layer.init(inputShape);
        const slope = grad(
          (p: Tree, x: Tensor) => layer.apply(p, state, x, { train }).output.square().mean(),
          [0, 1],
        )(params, input(1));
        mustBeFinite(slope, 'the gradient of parameters and input');
      }),
    ];
  });
}
