import { mixSeeds, randomNumbers, type RandomNumbers } from './randomNumbers.js';
import type { Task } from './tasks.js';

/**
 * A network of tanh layers that tells apart generated images like digits: each class is a few bright strokes, each image its
 * class' strokes with noise, and the border is blank, so that some weights never have a gradient.
 */
export interface ClassifierSpec {
  readonly kind: 'classifier';
  readonly seed: number;
  /** Pixels on a side, the blank border included. */
  readonly side: number;
  readonly classes: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  readonly examples: number;
  readonly batch: number;
  readonly steps: number;
  /** Standard deviation of the pixels' noise. */
  readonly noise: number;
  /** Share of training labels that are wrong. */
  readonly wrongLabels: number;
}

interface Examples {
  readonly images: Float64Array;
  readonly labels: Uint8Array;
}

export function classifierTask(spec: ClassifierSpec): Task {
  const { seed, side, classes, hidden, examples, batch, steps, wrongLabels } = spec;
  const random = randomNumbers(mixSeeds(seed, 2));
  const prototypes = Array.from({ length: classes }, () => strokes(side, random));
  const training = draw(spec, prototypes, random, examples, wrongLabels);
  const validation = draw(spec, prototypes, random, 200, 0);
  const widths = [side * side, ...hidden, classes];
  const layers = widths.slice(1).map((outputs, i) => ({ inputs: widths[i] as number, outputs }));
  const sizes = layers.flatMap(({ inputs, outputs }) => [inputs * outputs, outputs]);
  const initial = Float64Array.from(
    layers.flatMap(({ inputs, outputs }) => [
      ...Array.from({ length: inputs * outputs }, () => random.normal() / Math.sqrt(inputs)),
      ...Array.from({ length: outputs }, () => 0),
    ]),
  );
  const activations = widths.map((width) => new Float64Array(width));
  const deltas = widths.map((width) => new Float64Array(width));

  /** Activations of one image; the last ones become probabilities. Returns the loss. */
  const forward = (w: Float64Array, { images, labels }: Examples, index: number): number => {
    const pixels = side * side;
    (activations[0] as Float64Array).set(images.subarray(index * pixels, (index + 1) * pixels));
    let at = 0;
    layers.forEach(({ inputs, outputs }, l) => {
      const [x, y] = [activations[l] as Float64Array, activations[l + 1] as Float64Array];
      const bias = at + inputs * outputs;
      for (let o = 0; o < outputs; o++) {
        let sum = w[bias + o] as number;
        const row = at + o * inputs;
        for (let i = 0; i < inputs; i++) sum += (w[row + i] as number) * (x[i] as number);
        y[o] = l === layers.length - 1 ? sum : Math.tanh(sum);
      }
      at = bias + outputs;
    });
    return softmax(activations.at(-1) as Float64Array, labels[index] as number);
  };

  /** Adds the gradient of the image that `forward` saw last, times `weight`. */
  const backward = (w: Float64Array, label: number, weight: number, out: Float64Array): void => {
    const last = deltas.at(-1) as Float64Array;
    last.set(activations.at(-1) as Float64Array);
    last[label] = (last[label] as number) - 1;
    let end = w.length;
    for (let l = layers.length - 1; l >= 0; l--) {
      const { inputs, outputs } = layers[l] as { inputs: number; outputs: number };
      const [x, below, above] = [activations[l], deltas[l], deltas[l + 1]] as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const bias = end - outputs;
      const at = bias - inputs * outputs;
      below.fill(0);
      for (let o = 0; o < outputs; o++) {
        const delta = above[o] as number;
        out[bias + o] = (out[bias + o] as number) + weight * delta;
        const row = at + o * inputs;
        for (let i = 0; i < inputs; i++) {
          out[row + i] = (out[row + i] as number) + weight * delta * (x[i] as number);
          below[i] = (below[i] as number) + delta * (w[row + i] as number);
        }
      }
      for (let i = 0; i < inputs; i++) below[i] = (below[i] as number) * (1 - (x[i] as number) ** 2);
      end = at;
    }
  };

  return {
    sizes,
    steps,
    start: () => initial.slice(),
    gradient: (w, step, out) => {
      const choose = randomNumbers(mixSeeds(seed, 2000 + step));
      out.fill(0);
      for (let k = 0; k < batch; k++) {
        const index = choose.index(examples);
        forward(w, training, index);
        backward(w, training.labels[index] as number, 1 / batch, out);
      }
    },
    loss: (w) => {
      let sum = 0;
      for (let i = 0; i < validation.labels.length; i++) sum += forward(w, validation, i);
      return sum / validation.labels.length;
    },
  };
}

/** Turns scores into probabilities, and returns the label's -log probability. */
function softmax(scores: Float64Array, label: number): number {
  let largest = -Infinity;
  for (const x of scores) largest = Math.max(largest, x);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] = Math.exp((scores[i] as number) - largest);
  for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] as number) / sum;
  return -Math.log(Math.max(scores[label] as number, 1e-300));
}

/** Three strokes of two to four pixels inside the border. */
function strokes(side: number, random: RandomNumbers): Float64Array {
  const image = new Float64Array(side * side);
  for (let stroke = 0; stroke < 3; stroke++) {
    let [x, y] = [1 + random.index(side - 2), 1 + random.index(side - 2)];
    const across = random.uniform() < 0.5;
    for (let k = 2 + random.index(3); k > 0 && x < side - 1 && y < side - 1; k--) {
      image[y * side + x] = 1;
      if (across) x++;
      else y++;
    }
  }
  return image;
}

function draw(
  { side, classes, noise }: ClassifierSpec,
  prototypes: readonly Float64Array[],
  random: RandomNumbers,
  count: number,
  wrong: number,
): Examples {
  const images = new Float64Array(count * side * side);
  const labels = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    const label = random.index(classes);
    const prototype = prototypes[label] as Float64Array;
    for (let y = 1; y < side - 1; y++)
      for (let x = 1; x < side - 1; x++) {
        const at = y * side + x;
        images[k * side * side + at] = (prototype[at] as number) + noise * random.normal();
      }
    labels[k] = random.uniform() < wrong ? random.index(classes) : label;
  }
  return { images, labels };
}
