import { shuffled, takeImages, type Digits, type DigitSets } from './digits.js';
import type { Network } from './network.js';

export interface Progress {
  /** Steps done, and all that there will be. */
  readonly step: number;
  readonly steps: number;
  /** Epochs done, with fractions. */
  readonly epoch: number;
  readonly loss: number;
  readonly digitsPerSecond: number;
}

export interface Mistake {
  readonly row: number;
  readonly actual: number;
  readonly predicted: number;
  /** What the network gave its answer. */
  readonly probability: number;
}

export interface Measured {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly mistakes: readonly Mistake[];
}

export interface Training {
  readonly network: Network;
  readonly data: DigitSets;
  readonly epochs: number;
  readonly signal: AbortSignal;
  readonly progress: (now: Progress) => void;
  readonly measured: (now: Measured) => void;
}

const batchSize = 50;
/** The longest that the page does not answer, about. */
const turnMilliseconds = 20;

/** Trains epoch by epoch, measuring after each; ends early when `signal` says so. The page lives on meanwhile. */
export async function train(training: Training): Promise<void> {
  const { network, data, epochs, signal, progress, measured } = training;
  const { train: digits } = data;
  const perEpoch = Math.floor(digits.size / batchSize);
  const steps = perEpoch * epochs;
  const started = performance.now();
  let turn = started;
  let done = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(digits.size, epoch + 1);
    for (let i = 0; i < perEpoch; i++) {
      const rows = order.subarray(i * batchSize, (i + 1) * batchSize);
      using loss = network.step(
        takeImages(digits, rows),
        Int32Array.from(rows, (row) => digits.labels[row]!),
      );
      const step = ++done;
      const [value = NaN] = await loss.data();
      const seconds = (performance.now() - started) / 1000;
      progress({
        step,
        steps,
        epoch: step / perEpoch,
        loss: value,
        digitsPerSecond: (step * batchSize) / seconds,
      });
      if (!Number.isFinite(value)) throw new Error(`The loss became ${value} after ${step} steps.`);
      if (performance.now() - turn > turnMilliseconds) {
        await nextTurn();
        turn = performance.now();
      }
      if (signal.aborted) break;
    }
    measured(await measure(network, data.test, done / perEpoch));
    await nextTurn();
    if (signal.aborted) return;
  }
}

/** The network's answers to all digits of a set. */
async function measure(network: Network, digits: Digits, epoch: number): Promise<Measured> {
  const mistakes: Mistake[] = [];
  const size = 250;
  let total = 0;
  for (let from = 0; from < digits.size; from += size) {
    const rows = Uint32Array.from({ length: Math.min(size, digits.size - from) }, (_, i) => from + i);
    const labels = Int32Array.from(rows, (row) => digits.labels[row]!);
    const { probabilities, loss } = await network.predict(takeImages(digits, rows), labels);
    total += loss * rows.length;
    rows.forEach((row, i) => {
      const own = Array.from({ length: 10 }, (_, digit) => probabilities[i * 10 + digit]!);
      const predicted = own.indexOf(Math.max(...own));
      if (predicted !== labels[i])
        mistakes.push({ row, actual: labels[i]!, predicted, probability: own[predicted] ?? NaN });
    });
    await nextTurn();
  }
  // The surest ones first: they say most.
  mistakes.sort((a, b) => b.probability - a.probability);
  return { epoch, loss: total / digits.size, accuracy: 1 - mistakes.length / digits.size, mistakes };
}

/** Lets the browser draw and listen. A message is no timer, which browsers slow down when nested. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
