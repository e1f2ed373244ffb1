import type { Chosen } from '@core/registry';
import type { Tensor, Tree } from '@core/tensor';
import type { TrainSettings } from '../recipe/schema.js';
import { answersOf, type HostExamples } from './data.js';
import type { RunObserver } from './observer.js';
import type { Parts, TrainState } from './step.js';

/** One line of the metrics files. */
export interface MetricRow {
  readonly trial: string;
  readonly split: string;
  /** Epochs done; a fraction within an epoch. */
  readonly epoch: number;
  /** Training steps done. */
  readonly step: number;
  /** Seconds of training so far in this trial, without measuring. */
  readonly seconds: number;
  readonly values: Readonly<Record<string, number>>;
}

/** What there is after an epoch that was measured. */
export interface MeasuredEpoch {
  readonly epoch: number;
  readonly state: TrainState;
  /** The parameters that were measured: the state's own, or averages of them. */
  readonly measured: Tree;
  readonly values: Readonly<Record<string, number>>;
}

/** What a trial hands out while it runs. */
export interface TrialSink {
  row(row: MetricRow): void;
  epochEnded(measured: MeasuredEpoch): Promise<void>;
}

export interface LogInputs {
  readonly chosen: Chosen<'optimizer'>;
  readonly index: number;
  readonly trials: number;
  readonly parts: Parts;
  readonly settings: TrainSettings;
  readonly train: HostExamples;
  readonly observer: RunObserver;
  readonly sink: TrialSink;
  readonly now: () => number;
}

export interface LogOptions extends LogInputs {
  /** Whether the optimizer looks after losses that are not finite, so that they do not count. */
  readonly passesOver: boolean;
}

type Curves = Record<string, [number, number][]>;

interface StepOutcome {
  readonly loss: Tensor;
  readonly correct: Tensor;
  readonly size: number;
  readonly epoch: number;
  /** Of the epoch. */
  readonly last: boolean;
  /** The optimizer's own numbers at this step, if it has any. */
  readonly measure?: () => Readonly<Record<string, Tensor>>;
  /** When the step began. */
  readonly from: number;
}

export interface TrialLog {
  /** Takes a step's numbers; the mean loss since the last reading, at the steps where they are read. */
  step(outcome: StepOutcome): Promise<number | undefined>;
  measured(epoch: number, values: Readonly<Record<string, number>>): void;
  steps(): number;
  curves(): { readonly train: Curves; readonly test: Curves };
  speed(): { readonly trainSeconds: number; readonly examplesPerSecond: number; readonly steps: number };
}

/** Keeps the numbers of a trial. Losses are read only now and then, since each reading waits for the device. */
export function createLog({
  chosen,
  index,
  trials,
  parts,
  settings,
  train,
  observer,
  sink,
  now,
  passesOver,
}: LogOptions): TrialLog {
  const curves: { train: Curves; test: Curves } = { train: {}, test: {} };
  let pending: StepOutcome[] = [];
  let steps = 0;
  let examples = 0;
  let seconds = 0;
  let latest: { loss?: number; accuracy?: number } = {};

  const keep = (split: 'train' | 'test', epoch: number, values: Readonly<Record<string, number>>): void => {
    for (const [name, value] of Object.entries(values)) (curves[split][name] ??= []).push([epoch, value]);
    sink.row({
      trial: chosen.name,
      split: split === 'test' ? settings.evaluateOn : split,
      epoch,
      step: steps,
      seconds,
      values,
    });
  };

  const flush = async (): Promise<number> => {
    let loss = 0;
    let correct = 0;
    let size = 0;
    let counted = 0;
    const own = Object.entries(pending.at(-1)?.measure?.() ?? {});
    for (const one of pending) {
      const [value = NaN] = await one.loss.data();
      const [right = NaN] = await one.correct.data();
      if (!passesOver || Number.isFinite(value)) {
        loss += value * one.size;
        counted += one.size;
      }
      correct += right;
      size += one.size;
      one.loss.dispose();
      one.correct.dispose();
    }
    pending = [];
    latest = {
      loss: loss / counted,
      ...(parts.classes > 0 ? { accuracy: correct / (size * answersOf(train)) } : {}),
    };
    const numbers: Record<string, number> = {};
    for (const [name, value] of own) {
      [numbers[name] = NaN] = await value.data();
      value.dispose();
    }
    keep('train', examples / train.size, { ...latest, ...numbers });
    return loss / counted;
  };

  return {
    async step(outcome) {
      pending.push(outcome);
      steps += 1;
      examples += outcome.size;
      const due = outcome.last || pending.length >= settings.logEvery;
      const loss = due ? await flush() : undefined;
      seconds += (now() - outcome.from) / 1000;
      const total = train.size * settings.epochs;
      observer.progress({
        trial: chosen.name,
        trialIndex: index,
        trials,
        epoch: outcome.epoch + 1,
        epochs: settings.epochs,
        done: examples,
        total,
        ...latest,
      });
      return loss;
    },
    measured(epoch, values) {
      keep('test', epoch, values);
      observer.measured({
        trial: chosen.name,
        epoch,
        epochs: settings.epochs,
        split: settings.evaluateOn,
        values,
      });
    },
    steps: () => steps,
    curves: () => curves,
    speed: () => ({ trainSeconds: seconds, examplesPerSecond: seconds > 0 ? examples / seconds : 0, steps }),
  };
}
