import { random, tree, type Tensor } from '@core/tensor';
import type { Denoiser, Guidance } from '../kinds/guidance.js';
import type { Sampler } from '../kinds/sampler.js';
import {
  bitsOf,
  fromNumbers,
  law,
  leavesUntouched,
  must,
  mustBeFinite,
  randomTensor,
  seeds,
  shapesOf,
  type Law,
  type Make,
} from './law.js';

export interface DiffusionLawOptions {
  /** Shape of a batch of samples. Default `[4, 2]`. */
  readonly shape?: readonly number[];
  /** Handed to the denoiser. */
  readonly condition?: Tensor;
  /** The model. Default: the exact denoiser of a unit Gaussian, which predicts a share of `x` as noise. */
  readonly denoiser?: Denoiser;
}

const gaussian: Denoiser = (x) => x.mul(0.5);

export function samplerLaws(make: Make<Sampler>, options: DiffusionLawOptions = {}): readonly Law[] {
  const { shape = [4, 2], denoiser = gaussian } = options;
  const condition = options.condition === undefined ? {} : { condition: options.condition };
  return [
    law('samples are finite and have the shape asked for', async () => {
      const sampler = await make();
      for (const seed of seeds) {
        const samples = await sampler.sample(denoiser, random.key(seed), shape, condition);
        must(
          samples.shape.join(',') === shape.join(','),
          () => `got [${samples.shape.join(',')}], asked for [${shape.join(',')}]`,
        );
        mustBeFinite(samples, 'samples');
      }
    }),
    law('one key gives the same samples, another key others', async () => {
      const sampler = await make();
      const draw = async (seed: number): Promise<string> =>
        bitsOf(await sampler.sample(denoiser, random.key(seed), shape, condition));
      must((await draw(1)) === (await draw(1)), () => 'the same key gives other samples');
      must((await draw(1)) !== (await draw(2)), () => 'two keys give the same samples');
    }),
    law('onStep counts up to the number of steps', async () => {
      const sampler = await make();
      const calls: (readonly [number, number])[] = [];
      await sampler.sample(denoiser, random.key(1), shape, {
        ...condition,
        onStep: (done, total) => calls.push([done, total]),
      });
      const good = calls.every(([done, total], index) => done === index + 1 && total === calls.length);
      must(
        good && calls.length > 0,
        () => `onStep got ${JSON.stringify(calls.slice(0, 5))}, wanted [1, n], [2, n] to [n, n]`,
      );
    }),
  ];
}

export function guidanceLaws(make: Make<Guidance>, options: DiffusionLawOptions = {}): readonly Law[] {
  const { shape = [4, 2], denoiser = gaussian, condition } = options;
  const time = fromNumbers([0.5], [], 'float64');
  return [
    law('a guided denoiser is a denoiser: finite, of the same shape, pure', async () => {
      const guided = (await make())(denoiser);
      for (const seed of seeds) {
        const x = randomTensor(seed, shape);
        const inputs = tree.leaves([x, time, condition]);
        const run = (): Tensor =>
          leavesUntouched('the guided denoiser', { inputs }, () => guided(x, time, condition));
        must(shapesOf(run()) === shapesOf(x), () => `got ${shapesOf(run())}, wanted ${shapesOf(x)}`);
        must(bitsOf(run()) === bitsOf(run()), () => 'a second call gives another result');
        mustBeFinite(run(), 'the guided prediction');
      }
    }),
    law('guidances compose', async () => {
      const guidance = await make();
      const x = randomTensor(1, shape);
      mustBeFinite(guidance(guidance(denoiser))(x, time, condition), 'a prediction guided twice');
    }),
  ];
}
