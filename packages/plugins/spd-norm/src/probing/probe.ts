import type { Model, Optimizer } from '@core/registry';
import {
  atLeastOne,
  checkOptions,
  checkRequired,
  optimizerRule,
  show,
  type Rule,
} from '@core/registry/checks';
import type { IterativeSolver } from '@core/registry/solve';
import { ShapeError, random, tree, valueAndGrad, type Tensor, type Tree } from '@core/tensor';
import { crossEntropy } from '@core/nn';
import {
  recalibratedTransformer,
  type PatchTransformerOptions,
  type PatchTransformerParams,
} from './patchTransformer.js';
import { inPieces } from './pretraining.js';
import { psrp, type PsrpOptions, type PsrpParams } from './psrp.js';

/** A frozen backbone, and pictures of classes that it is to be probed for. */
export interface ProbingProblem {
  /** The backbone is `patchTransformer(network)` with these parameters. */
  readonly network: PatchTransformerOptions;
  readonly backbone: PatchTransformerParams;
  readonly classes: number;
  /** Pictures [n, channels, height, width], the tokens [n, 1 + patches, width] that the backbone makes of them, and int32 targets [n]. */
  readonly train: { readonly pictures: Tensor; readonly tokens: Tensor; readonly targets: Tensor };
  /** Examples to be answered. */
  readonly test: { readonly pictures: Tensor; readonly tokens: Tensor };
}

/** What was trained, and its logits [n, classes] for the test examples. */
export type ProbingSolution = { readonly params: ProbeParams; readonly outputs: Tensor };

export type ProbeParams = { readonly head: Tree; readonly psrp?: PsrpParams[] };

export type ProbeState = {
  readonly params: ProbeParams;
  /** What the head only tracks. */
  readonly head: Tree;
  readonly optimizer: Tree;
  /** For the next batch. */
  readonly key: Tensor;
};

/** Mean cross entropy and share of right answers: of the batch in a step, of the first 500 training examples as measured. */
export type ProbeMeasure = 'loss' | 'accuracy';

export interface ProbeOptions {
  /** What is put on the backbone's tokens: a model of [1 + patches, width] that gives logits, such as `momentProbing({ outputs: 5 })`. */
  readonly head: Model;
  readonly optimizer: Optimizer;
  /** Also learns a scale and shift in each block of the backbone (MP+). Default none: the tokens are those that are there. */
  readonly psrp?: PsrpOptions;
  /** Examples in a step, drawn with replacement. Default 64. */
  readonly batchSize?: number;
}

const rules: Readonly<Record<keyof ProbeOptions, Rule>> = {
  head: {
    words: 'a model ({ init, apply })',
    holds: (value) =>
      typeof value === 'object' &&
      value !== null &&
      ['init', 'apply'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
  },
  optimizer: optimizerRule,
  psrp: { words: 'options of psrp, such as { zeroInit: true }', holds: (value) => typeof value === 'object' },
  batchSize: atLeastOne,
};

const measuredExamples = 500;

/**
 * Trains a head on a frozen backbone, and with `psrp` scales and shifts in its blocks: linear probing, moment probing and MP+ by the head that
 * it is given. A solver, for `solve` and the experiment `probing`; traced.
 *
 * @throws ArgumentError; ShapeError from `init` for a head that does not give [batch, classes]
 * Source: Gao et al. 2023. Their optimizer is AdamW with weight decay .05.
 */
export function probe(
  options: ProbeOptions,
): IterativeSolver<ProbingProblem, ProbeState, ProbingSolution, ProbeMeasure> {
  const owner = 'probe';
  checkOptions(owner, options, rules);
  checkRequired(owner, options, ['head', 'optimizer']);
  const { head, optimizer, batchSize = 64 } = options;
  const recalibration = options.psrp === undefined ? undefined : psrp(options.psrp);

  /** What the head is given for pictures, or for the tokens of the untouched backbone where it stays untouched. */
  type Inputs = { readonly pictures: Tensor; readonly tokens: Tensor };
  const inputsOf = ({ pictures, tokens }: Inputs): Tensor =>
    recalibration === undefined ? tokens : pictures;
  const logits = (
    { network, backbone }: ProbingProblem,
    params: ProbeParams,
    state: Tree,
    x: Tensor,
    train: { readonly key?: Tensor; readonly train?: boolean } = {},
  ): { output: Tensor; state: Tree } => {
    const tokens =
      recalibration === undefined || params.psrp === undefined
        ? x
        : recalibratedTransformer(network, recalibration).apply({ backbone, psrp: params.psrp }, {}, x)
            .output;
    return head.apply(params.head, state, tokens, train);
  };
  const scored = (output: Tensor, targets: Tensor): Readonly<Record<ProbeMeasure, Tensor>> => ({
    loss: crossEntropy(output, targets),
    accuracy: output.argmax(1).equal(targets).cast(output.dtype).mean(),
  });

  return {
    init: (problem, key) => {
      const [headKey, psrpKey, next] = random.split(key, 3) as [Tensor, Tensor, Tensor];
      const { tokens, pictures } = problem.train;
      const made = head.init(headKey, tokens.shape.slice(1));
      const params: ProbeParams = {
        head: made.params,
        ...(recalibration === undefined
          ? {}
          : {
              psrp: recalibratedTransformer(problem.network, recalibration).init(
                psrpKey,
                pictures.shape.slice(1),
              ).params.psrp,
            }),
      };
      const { output } = head.apply(made.params, made.state, tokens.at([0, 1]));
      if (output.shape.join() !== `1,${problem.classes}`)
        throw new ShapeError(
          `${owner}: head must give [batch, ${problem.classes}] for ${problem.classes} classes, gave ${show(output)} for one example`,
        );
      return { params, head: made.state, optimizer: optimizer.init(params), key: next };
    },
    step: (problem, state) => {
      const [key, rowKey, headKey] = random.split(state.key, 3) as [Tensor, Tensor, Tensor];
      const inputs = inputsOf(problem.train);
      const rows = random.randint(rowKey, [batchSize], 0, inputs.shape[0]!);
      const targets = problem.train.targets.at(rows);
      const loss = (params: ProbeParams): readonly [Tensor, { output: Tensor; state: Tree }] => {
        const made = logits(problem, params, state.head, inputs.at(rows), { key: headKey, train: true });
        return [crossEntropy(made.output, targets), made];
      };
      const [[, made], slopes] = valueAndGrad(loss, { hasAux: true })(state.params);
      const { updates, state: after } = optimizer.update(slopes, state.optimizer, state.params);
      return {
        state: {
          params: tree.map((a: Tensor, b: Tensor) => a.add(b), state.params, updates),
          head: made.state,
          optimizer: after,
          key,
        },
        measures: scored(made.output, targets),
      };
    },
    measure: (problem, state) => {
      const inputs = inputsOf(problem.train);
      const some = [0, Math.min(measuredExamples, inputs.shape[0]!)] as const;
      const { output } = logits(problem, state.params, state.head, inputs.at(some));
      return scored(output, problem.train.targets.at(some));
    },
    solution: (problem, { params, head: state, optimizer: memory }) => {
      const used = optimizer.evaluationParams?.(memory, params) ?? params;
      const kept = used as ProbeParams; // averages have the parameters' structure
      const outputs = inPieces((x) => logits(problem, kept, state, x).output, inputsOf(problem.test));
      return { params: kept, outputs };
    },
  };
}
