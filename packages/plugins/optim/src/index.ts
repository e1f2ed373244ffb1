export type {
  Hyperparameter,
  Mask,
  MeasuredAt,
  Optimizer,
  PerLeaf,
  Schedule,
  StateOf,
  Transform,
} from './types.js';
export { applyUpdates } from './applyUpdates.js';
export { hyperparametersOf, withHyperparameters } from './hyperparameters.js';
export type { HyperparameterState } from './hyperparameters.js';

export { adabelief } from './optimizers/adabelief.js';
export type { AdaBeliefOptions, AdaBeliefState } from './optimizers/adabelief.js';
export { adadelta } from './optimizers/adadelta.js';
export type { AdadeltaOptions, AdadeltaState } from './optimizers/adadelta.js';
export { adafactor } from './optimizers/adafactor.js';
export type { AdafactorOptions, AdafactorState } from './optimizers/adafactor.js';
export { adagrad } from './optimizers/adagrad.js';
export type { AdagradOptions, AdagradState } from './optimizers/adagrad.js';
export { adam, amsgrad } from './optimizers/adam.js';
export type { AdamOptions, AdamState } from './optimizers/adam.js';
export { adamax } from './optimizers/adamax.js';
export type { AdamaxOptions, AdamaxState } from './optimizers/adamax.js';
export { adamp } from './optimizers/adamp.js';
export type { AdamPOptions, AdamPState } from './optimizers/adamp.js';
export { adamw } from './optimizers/adamw.js';
export type { AdamWOptions, AdamWState } from './optimizers/adamw.js';
export { exadam } from './optimizers/exadam.js';
export type { ExadamOptions, ExadamState } from './optimizers/exadam.js';
export { lamb } from './optimizers/lamb.js';
export type { LambOptions, LambState } from './optimizers/lamb.js';
export { lion } from './optimizers/lion.js';
export type { LionOptions } from './optimizers/lion.js';
export type { LionState } from './optimizers/lionState.js';
export { lionK } from './optimizers/lionK.js';
export type { LionKOptions } from './optimizers/lionK.js';
export { mfac } from './optimizers/mfac.js';
export type { MfacOptions, MfacState } from './optimizers/mfac.js';
export { muon } from './optimizers/muon.js';
export type { MuonOptions, MuonState } from './optimizers/muon.js';
export { meanSigmoid, normalizedLrGd } from './optimizers/normalizedLrGd.js';
export type {
  NormalizedLrGd,
  NormalizedLrGdExtra,
  NormalizedLrGdOptions,
  NormalizedLrGdState,
} from './optimizers/normalizedLrGd.js';
export { nadam } from './optimizers/nadam.js';
export type { NadamOptions, NadamState } from './optimizers/nadam.js';
export { radam } from './optimizers/radam.js';
export type { RadamOptions, RadamState } from './optimizers/radam.js';
export { rmsprop } from './optimizers/rmsprop.js';
export type { RmspropOptions, RmspropState } from './optimizers/rmsprop.js';
export { scheduleFreeAdamw, scheduleFreeSgd } from './optimizers/scheduleFree.js';
export type {
  ScheduleFreeAdamwOptions,
  ScheduleFreeAdamwState,
  ScheduleFreeSgdOptions,
  ScheduleFreeSgdState,
} from './optimizers/scheduleFree.js';
export { sgd } from './optimizers/sgd.js';
export type { SgdOptions, SgdState } from './optimizers/sgd.js';
export { sgdp } from './optimizers/sgdp.js';
export type { SgdpOptions, SgdpState } from './optimizers/sgdp.js';
export { shampoo } from './optimizers/shampoo.js';
export type { ShampooOptions, ShampooState } from './optimizers/shampoo.js';
export { soap } from './optimizers/soap.js';
export type { SoapOptions, SoapState } from './optimizers/soap.js';
export { sophia } from './optimizers/sophia.js';
export type { SophiaOptions, SophiaState } from './optimizers/sophia.js';
export { gaussNewtonBartlett, hutchinson } from './hessianDiagonal.js';

export { addDecayedWeights } from './transforms/addDecayedWeights.js';
export type { AddDecayedWeightsState } from './transforms/addDecayedWeights.js';
export { clipByGlobalNorm, clipByValue, globalNorm } from './transforms/clip.js';
export type { ClipByGlobalNormState, ClipByValueState } from './transforms/clip.js';
export { clipByRms } from './transforms/clipByRms.js';
export type { ClipByRmsState } from './transforms/clipByRms.js';
export { identity, setToZero } from './transforms/identity.js';
export type { EmptyState } from './transforms/identity.js';
export { projectRadial } from './transforms/projectRadial.js';
export type { ProjectedStep, ProjectRadialOptions } from './transforms/projectRadial.js';
export { scale, scaleByLearningRate, scaleBySchedule } from './transforms/scale.js';
export type { ScaleByLearningRateState, ScaleState } from './transforms/scale.js';
export { scaleByAdadelta } from './transforms/scaleByAdadelta.js';
export type { ScaleByAdadeltaOptions, ScaleByAdadeltaState } from './transforms/scaleByAdadelta.js';
export { scaleByAdagrad } from './transforms/scaleByAdagrad.js';
export type { ScaleByAdagradOptions, ScaleByAdagradState } from './transforms/scaleByAdagrad.js';
export { scaleByAdam } from './transforms/scaleByAdam.js';
export type { ScaleByAdamOptions, ScaleByAdamState } from './transforms/scaleByAdam.js';
export { scaleByAdamax } from './transforms/scaleByAdamax.js';
export type { ScaleByAdamaxOptions, ScaleByAdamaxState } from './transforms/scaleByAdamax.js';
export { scaleByAdamP } from './transforms/scaleByAdamP.js';
export type { ScaleByAdamPOptions, ScaleByAdamPState } from './transforms/scaleByAdamP.js';
export { scaleByBelief } from './transforms/scaleByBelief.js';
export type { ScaleByBeliefOptions, ScaleByBeliefState } from './transforms/scaleByBelief.js';
export { exadamDebias, scaleByExadam } from './transforms/scaleByExadam.js';
export type {
  ExadamDebiasOptions,
  ScaleByExadamOptions,
  ScaleByExadamState,
} from './transforms/scaleByExadam.js';
export { scaleByFactoredRms } from './transforms/scaleByFactoredRms.js';
export type { ScaleByFactoredRmsOptions, ScaleByFactoredRmsState } from './transforms/scaleByFactoredRms.js';
export { scaleByLion } from './transforms/scaleByLion.js';
export type { ScaleByLionOptions, ScaleByLionState } from './transforms/scaleByLion.js';
export { scaleByLionK } from './transforms/scaleByLionK.js';
export type { ScaleByLionKOptions } from './transforms/scaleByLionK.js';
export { scaleByMfac } from './transforms/scaleByMfac.js';
export type { ScaleByMfacOptions, ScaleByMfacState } from './transforms/scaleByMfac.js';
export { scaleByMuon } from './transforms/scaleByMuon.js';
export type { ScaleByMuonOptions, ScaleByMuonState } from './transforms/scaleByMuon.js';
export { scaleByNadam } from './transforms/scaleByNadam.js';
export type { ScaleByNadamOptions, ScaleByNadamState } from './transforms/scaleByNadam.js';
export { scaleByRadam } from './transforms/scaleByRadam.js';
export type { ScaleByRadamOptions, ScaleByRadamState } from './transforms/scaleByRadam.js';
export { scaleByRms } from './transforms/scaleByRms.js';
export type { ScaleByRmsOptions, ScaleByRmsState } from './transforms/scaleByRms.js';
export { scaleBySgdp } from './transforms/scaleBySgdp.js';
export type { ScaleBySgdpOptions, ScaleBySgdpState } from './transforms/scaleBySgdp.js';
export { scaleByShampoo } from './transforms/scaleByShampoo.js';
export type { ScaleByShampooOptions, ScaleByShampooState } from './transforms/scaleByShampoo.js';
export { scaleBySoap } from './transforms/scaleBySoap.js';
export type { ScaleBySoapOptions, ScaleBySoapState } from './transforms/scaleBySoap.js';
export { scaleBySophia } from './transforms/scaleBySophia.js';
export type {
  EmpiricalHessian,
  ScaleBySophiaOptions,
  ScaleBySophiaState,
  WithHessian,
} from './transforms/scaleBySophia.js';
export { scaleByTrustRatio } from './transforms/scaleByTrustRatio.js';
export { evaluationParams, scheduleFree } from './transforms/scheduleFree.js';
export type { ScheduleFreeOptions, ScheduleFreeState } from './transforms/scheduleFree.js';
export { trace } from './transforms/trace.js';
export type { TraceOptions, TraceState } from './transforms/trace.js';

export * as kappas from './kappas/index.js';
export type { Kappa } from './kappas/kappa.js';
export type { KappaScope } from './kappas/scope.js';
export { lionFlow } from './lyapunov/lionFlow.js';
export type { LionFlow, LionFlowOptions, LionFlowState } from './lyapunov/lionFlow.js';
export { lionLyapunov } from './lyapunov/lionLyapunov.js';
export type { LionLyapunovOptions } from './lyapunov/lionLyapunov.js';

export { inverseFisher } from './fisher/inverseFisher.js';
export type { InverseFisher, InverseFisherOptions } from './fisher/inverseFisher.js';
export { obsScores, obsUpdate } from './fisher/obs.js';
export { obsPrune } from './fisher/obsPrune.js';
export type { ObsPruneOptions } from './fisher/obsPrune.js';
export { fisherWindow, fisherWindowProduct, fisherWindowStep, slideFisherWindow } from './fisher/window.js';
export type { FisherWindow } from './fisher/window.js';
export { orthogonalize } from './matrices/orthogonalize.js';

export { accumulate } from './compose/accumulate.js';
export type { AccumulateState } from './compose/accumulate.js';
export { chain } from './compose/chain.js';
export { lookahead } from './compose/lookahead.js';
export type { LookaheadOptions, LookaheadState } from './compose/lookahead.js';
export { masked } from './compose/masked.js';
export type { MaskedState } from './compose/masked.js';
export { partition } from './compose/partition.js';
export type { PartitionState } from './compose/partition.js';
export { checkFinite, skipNonFinite } from './compose/skipNonFinite.js';
export type { SkipNonFiniteOptions, SkipNonFiniteState } from './compose/skipNonFinite.js';

export { loraGradApprox } from './lora/approximation.js';
export type { LoraGradApproxOptions, LoraGradApproxResult } from './lora/approximation.js';
export { normalizeForLora, normGauge } from './lora/gauge.js';
export type { NormalizeForLoraOptions, NormGauge } from './lora/gauge.js';
export { loraAttentionLoss } from './lora/loss.js';
export type { LoraAttentionLossOptions } from './lora/loss.js';
export { degreeForError, polyFeatureCount, polyFeatures, polynomialError } from './lora/polynomial.js';
export type { DegreeForErrorOptions, PolynomialErrorOptions, PolynomialKind } from './lora/polynomial.js';
export type {
  AttentionAdapter,
  AttentionAdapters,
  AttentionProjections,
  LoraAttention,
  LoraAttentionResult,
} from './lora/problem.js';
export { loraAttentionMatrices, rankReport } from './lora/rank.js';
export { measureScaling, randomLoraAttention } from './lora/scaling.js';
export type {
  MeasureScalingOptions,
  RandomLoraAttentionOptions,
  Scaling,
  ScalingRow,
} from './lora/scaling.js';

export { checkProgram } from './programs/inference.js';
export { fingerprint as programFingerprint } from './programs/fingerprint.js';
export type { ProxyTask, Suite } from './programs/fitness.js';
export type { FunctionName } from './programs/functions.js';
export { adamwProgram, lionProgram } from './programs/known.js';
export type { AdamwProgramOptions, LionProgramOptions } from './programs/known.js';
export { lionLikeness } from './programs/lionLike.js';
export type { LionLikeness } from './programs/lionLike.js';
export { withoutRedundant } from './programs/liveness.js';
export { parseProgram } from './programs/parse.js';
export type { OptimizerProgram, Operand, Statement } from './programs/program.js';
export { programOptimizer } from './programs/programOptimizer.js';
export type { ProgramOptimizerOptions, ProgramOptimizerState } from './programs/programOptimizer.js';
export { searchFiles } from './programs/report.js';
export { searchPrograms } from './programs/search.js';
export type {
  SearchProgramsOptions,
  SearchProgress,
  SearchCheckpoint,
  SearchResult,
  FunnelRow,
} from './programs/search.js';
export { funnelStages, searchSuite } from './programs/suites.js';
export type { Stage } from './programs/suites.js';
export type { TaskSpec } from './programs/tasks.js';
export { programText } from './programs/text.js';

export { constant } from './schedules/constant.js';
export { cosine } from './schedules/cosine.js';
export type { CosineOptions } from './schedules/cosine.js';
export { exponential } from './schedules/exponential.js';
export type { ExponentialOptions } from './schedules/exponential.js';
export { join, warmup } from './schedules/join.js';
export type { JoinOptions, WarmupOptions } from './schedules/join.js';
export { oneCycle } from './schedules/oneCycle.js';
export type { OneCycleOptions } from './schedules/oneCycle.js';
export { piecewise } from './schedules/piecewise.js';
export type { PiecewiseOptions } from './schedules/piecewise.js';
export { linear, polynomial } from './schedules/polynomial.js';
export type { LinearOptions, PolynomialOptions } from './schedules/polynomial.js';
export { relativeStep } from './schedules/relativeStep.js';
export type { RelativeStepOptions } from './schedules/relativeStep.js';
export { warmupCosine } from './schedules/warmupCosine.js';
export type { WarmupCosineOptions } from './schedules/warmupCosine.js';

export { solve } from '@core/registry/solve';
export type { HistoryEntry, IterativeSolver, SolveOptions, SolveResult } from '@core/registry/solve';
export type {
  FiniteSum,
  FiniteSumConstants,
  FiniteSumMeasure,
  FiniteSumSolver,
  FiniteSumState,
} from './solvers/finiteSum.js';
export { affineSum, lossSum } from './solvers/problems.js';
export type { AffineSumOptions, LossSumOptions } from './solvers/problems.js';
export { extraAnchoredGradient, extragradient } from './solvers/extragradient.js';
export type {
  ExtraAnchoredGradientOptions,
  ExtragradientOptions,
  ExtragradientState,
} from './solvers/extragradient.js';
export { halpernCocoercive } from './solvers/halpernCocoercive.js';
export type { HalpernCocoerciveOptions, HalpernCocoerciveState } from './solvers/halpernCocoercive.js';
export { halpernDeterministic } from './solvers/halpernDeterministic.js';
export type {
  HalpernDeterministicOptions,
  HalpernDeterministicState,
} from './solvers/halpernDeterministic.js';
export { halpernLipschitz } from './solvers/halpernLipschitz.js';
export type { HalpernLipschitzOptions, HalpernLipschitzState } from './solvers/halpernLipschitz.js';
export { lbfgs } from './solvers/lbfgs.js';
export type { LbfgsOptions, LbfgsState } from './solvers/lbfgs.js';
export { saga } from './solvers/saga.js';
export type { SagaOptions, SagaState } from './solvers/saga.js';
export { svrg } from './solvers/svrg.js';
export type { SvrgOptions, SvrgState } from './solvers/svrg.js';
export { vrForb } from './solvers/vrForb.js';
export type { VrForbOptions, VrForbState } from './solvers/vrForb.js';

export { batchPerceptron } from './solvers/batchPerceptron.js';
export type { BatchPerceptronOptions, BatchPerceptronState } from './solvers/batchPerceptron.js';
export { logisticGD } from './solvers/logisticGD.js';
export type { LogisticGDOptions, LogisticGDState } from './solvers/logisticGD.js';
export { margin } from './solvers/margin.js';
export type { Margin, MarginOptions } from './solvers/margin.js';
export { perceptron } from './solvers/perceptron.js';
export type { PerceptronOptions, PerceptronState } from './solvers/perceptron.js';
export { separated } from './solvers/separation.js';
export type { Separation, SeparationMeasure, SeparationSolver } from './solvers/separation.js';
export { bcd } from './blocks/bcd.js';
export type { BcdOptions, BcdResult } from './blocks/bcd.js';
export * as blockProblems from './blocks/blockProblems.js';
export { blockSolver } from './blocks/blockSolver.js';
export type { BlockState } from './blocks/blockSolver.js';
export type { MatrixLike, SparseColumns, VectorLike } from './blocks/columns.js';
export {
  greedyForest,
  isForest,
  latticeRedBlack,
  latticeTrees,
  redBlack,
  treePartition,
} from './blocks/forests.js';
export { forestSolve, gabp } from './blocks/messages.js';
export type { GabpOptions } from './blocks/messages.js';
export type { PartitionName, SelectionName, UpdateName } from './blocks/names.js';
export type { BlockMethodOptions } from './blocks/options.js';
export type { BlockProblem, Point, Proximal, Quadratic } from './blocks/problem.js';

export { realClock, virtualClock } from './algoperf/clock.js';
export type { TrialClock, TrialWork, VirtualCosts } from './algoperf/clock.js';
export { haltonSearch } from './algoperf/haltonSearch.js';
export type { HaltonOptions, SearchDimension, SearchPoint, SearchSpace } from './algoperf/haltonSearch.js';
export { runTrial } from './algoperf/runTrial.js';
export type { RunTrialOptions, Trial, TrialEnd } from './algoperf/runTrial.js';
export { scoreSubmissions } from './algoperf/scoreSubmissions.js';
export type { ScoreOptions, SubmissionScores, SubmissionTimes } from './algoperf/scoreSubmissions.js';
export { timeToTarget, trialTime } from './algoperf/timeToTarget.js';
export type { Evaluation, Goal, TimeToTargetOptions, TrialTime } from './algoperf/timeToTarget.js';
export type {
  PreparedForEval,
  StepOutcome,
  Submission,
  TrainingState,
  TrialContext,
  Workload,
} from './algoperf/trial.js';
export { algoperfRules, workloadTime } from './algoperf/workloadTime.js';
export type {
  Rules,
  RulesVersion,
  Ruleset,
  StudyTimes,
  WorkloadTimeOptions,
} from './algoperf/workloadTime.js';
