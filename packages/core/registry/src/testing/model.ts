import { grad, jit, random, tree, type Tensor, type Tree } from '@core/tensor';
import type { Model } from '../kinds/model.js';
import {
  bitsOf,
  fromNumbers,
  law,
  leavesUntouched,
  must,
  mustBeClose,
  mustBeFinite,
  mustBeTree,
  numbersOf,
  randomTensor,
  seeds,
  shapesOf,
  type Law,
  type Make,
} from './law.js';

export interface ModelLawOptions {
  /** Shape of one example. Default `[1, 8, 8]`. */
  readonly inputShape?: readonly number[];
  /** Inputs are int32 numbers below this, such as tokens, rather than floats. */
  readonly inputsBelow?: number;
  /** Rounding allowed between a batch and its examples one by one. Default 1e-5. */
  readonly tolerance?: number;
}

export function modelLaws(
  make: Make<Model>,
  { inputShape = [1, 8, 8], inputsBelow, tolerance = 1e-5 }: ModelLawOptions = {},
): readonly Law[] {
  const batch = 3;
  const inputs = (seed: number): Tensor => {
    const floats = randomTensor(seed, [batch, ...inputShape], 'float32');
    if (inputsBelow === undefined) return floats;
    const whole = (numbersOf(floats)[0] ?? []).map((value) => Math.floor(((value + 1) / 2) * inputsBelow));
    return fromNumbers(whole, floats.shape, 'int32');
  };
  const prepared = async (seed: number): Promise<{ model: Model; params: Tree; state: Tree; x: Tensor }> => {
    const model = await make();
    const { params, state } = model.init(random.key(seed), inputShape);
    return { model, params, state, x: inputs(seed) };
  };
  return [
    law('init gives trees of tensors, the same for the same key', async () => {
      const { model, params, state } = await prepared(1);
      mustBeTree(params, 'params');
      mustBeTree(state, 'state');
      mustBeFinite(params, 'params');
      // A model may return more than these two, such as the shape of its output.
      const { params: params2, state: state2 } = model.init(random.key(1), inputShape);
      must(
        bitsOf({ params: params2, state: state2 }) === bitsOf({ params, state }),
        () => 'a second init with the same key differs',
      );
    }),
    law('apply is pure and keeps the batch axis', async () => {
      for (const seed of seeds) {
        const { model, params, state, x } = await prepared(seed);
        const run = (): string =>
          bitsOf(leavesUntouched('apply', { params, state, x }, () => model.apply(params, state, x)).output);
        must(run() === run(), () => 'apply gives another output for the same arguments');
        const { output } = model.apply(params, state, x);
        must(
          output.shape[0] === batch,
          () => `output is [${output.shape.join(',')}], wanted ${String(batch)} first`,
        );
        mustBeFinite(output, 'output');
      }
    }),
    law('evaluation leaves the state and treats examples alone', async () => {
      const { model, params, state, x } = await prepared(2);
      const { output, state: after } = model.apply(params, state, x);
      must(bitsOf(after) === bitsOf(state), () => 'evaluation changed the state');
      const size = x.size / batch;
      const first = fromNumbers((numbersOf(x)[0] ?? []).slice(0, size), [1, ...inputShape], x.dtype);
      const alone = model.apply(params, state, first).output;
      const share = (numbersOf(output)[0] ?? []).slice(0, alone.size);
      mustBeClose(alone, fromNumbers(share, alone.shape, alone.dtype), tolerance, 'an example alone');
    }),
    law('training gives finite gradients of every parameter, and a state of the same structure', async () => {
      const { model, params, state, x } = await prepared(3);
      const key = random.key(7);
      const objective = (p: Tree): Tensor =>
        model.apply(p, state, x, { key, train: true }).output.square().mean();
      const slope = grad(objective)(params);
      must(
        shapesOf(slope) === shapesOf(params),
        () => `gradients are ${shapesOf(slope)}, parameters ${shapesOf(params)}`,
      );
      mustBeFinite(slope, 'the gradient');
      const after = model.apply(params, state, x, { key, train: true }).state;
      must(
        shapesOf(after) === shapesOf(state),
        () => `the state became ${shapesOf(after)}, was ${shapesOf(state)}`,
      );
      must(
        tree.leaves(params).length === 0 ||
          numbersOf(slope).some((leaf) => leaf.some((value) => value !== 0)),
        () => 'every gradient is 0',
      );
    }),
    law('jit gives the same output', async () => {
      const { model, params, state, x } = await prepared(1);
      const compiled = jit((p: Tree, s: Tree, input: Tensor) => model.apply(p, s, input).output);
      mustBeClose(compiled(params, state, x), model.apply(params, state, x).output, tolerance, 'inside jit');
    }),
  ];
}
