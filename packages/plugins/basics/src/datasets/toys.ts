import { random, tensor } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import type { Dataset, Examples } from '@core/registry';
import { finiteFrom, wholeNumbers } from '../checks.js';
import { generated } from './splits.js';

/** Options of the toy datasets. */
export interface ToyOptions {
  /** Default 3. */
  readonly classes?: number;
  /** Training points. Default 300. */
  readonly train?: number;
  /** Validation points. Default 150. */
  readonly validation?: number;
  /** Test points. Default 150. */
  readonly test?: number;
  /** Standard deviation of the points around their places. Default 0.15. */
  readonly noise?: number;
  readonly seed?: number;
}

/** Where on the plane points of each class lie without noise; `t` in [0, 1) is uniform. */
type Place = (label: number, t: number, classes: number) => readonly [number, number];

function toy(name: string, place: Place, options: ToyOptions): Dataset {
  const { classes = 3, train = 300, validation = 150, test = 150, noise = 0.15, seed = 0 } = options;
  wholeNumbers(name, { classes, train, validation, test });
  finiteFrom(name, 0, { noise });
  const [trainKey, testKey, validationKey] = random.split(random.key(seed), 3) as [Tensor, Tensor, Tensor];
  const keys = { train: trainKey, validation: validationKey, test: testKey };
  return generated({
    name,
    inputShape: [2],
    classNames: Array.from({ length: classes }, (_, i) => `class ${i}`),
    sizes: { train, validation, test },
    make: (split, size) => draw(keys[split], size, classes, noise, place),
  });
}

async function draw(
  key: Tensor,
  count: number,
  classes: number,
  noise: number,
  place: Place,
): Promise<Examples> {
  const [positionKey, noiseKey] = random.split(key);
  const t = await random.uniform(positionKey, [count]).data();
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const points = Float32Array.from({ length: 2 * count }, (_, i) => {
    const row = Math.floor(i / 2);
    return place(labels[row]!, t[row]!, classes)[i % 2]!;
  });
  return {
    inputs: random
      .normal(noiseKey, [count, 2])
      .mul(noise)
      .add(tensor(points, { shape: [count, 2] })),
    targets: tensor(labels),
  };
}

/** Clouds of points around equally spaced places on the unit circle: linearly separable where the noise is small. */
export function blobs(options: ToyOptions = {}): Dataset {
  return toy(
    'Blobs',
    (label, _t, classes) => {
      const angle = (2 * Math.PI * label) / classes;
      return [Math.cos(angle), Math.sin(angle)];
    },
    options,
  );
}

/** Interleaved spirals, one for each class, three quarters of a turn long: not linearly separable. */
export function spirals({ noise = 0.03, ...options }: ToyOptions = {}): Dataset {
  return toy(
    'Spirals',
    (label, t, classes) => {
      const radius = 0.1 + 0.9 * t;
      const angle = 2 * Math.PI * (label / classes + 0.75 * t);
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    },
    { noise, ...options },
  );
}
