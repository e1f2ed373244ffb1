// Kinds and Components are open to declaration merging on '@core/registry', which needs them re-exported by `export *`.
export * from './components.js';
export * from './kinds/index.js';
export type { ActionSpace, Environment, Spaces } from './kinds/environment.js';
export type { Experiment, Figure, Found, Line, LoadedExperiment, Scores } from './kinds/experiment.js';
export type { Agent, Transition } from './kinds/agent.js';
export type { Dataset, Examples, Picture, Split } from './kinds/dataset.js';
export type { Denoiser, Guidance } from './kinds/guidance.js';
export type { Loss } from './kinds/loss.js';
export type { Metric } from './kinds/metric.js';
export type { ApplyOptions, Model } from './kinds/model.js';
export type { Normalization } from './kinds/normalization.js';
export type { MeasuredAt, Optimizer } from './kinds/optimizer.js';
export type { Report, ReportFile, RunRecord } from './kinds/report.js';
export type { SampleOptions, Sampler } from './kinds/sampler.js';
export type { Schedule } from './kinds/schedule.js';
export type { Solver } from './kinds/solver.js';
export type { Objective, Strategy } from './kinds/strategy.js';
export type { Task } from './kinds/task.js';
export { contract, definePlugin, isSpec } from './plugin.js';
export type {
  BackendFacts,
  Component,
  Context,
  Defined,
  Factory,
  Paper,
  Plugin,
  PluginDraft,
  Spec,
} from './plugin.js';
export { createRegistry } from './registry.js';
export type { FromSpecOptions, PluginInfo, Ready, Registry, RegistryOptions } from './registry.js';
export type { FoundPlugin, Quarantined } from './admit.js';
export type { ComponentDescription, ComponentSummary, Registered } from './catalog.js';
export { lazySchema } from './lazy-schema.js';
export type { LazySchema } from './lazy-schema.js';
export { nested } from './schema.js';
export type { JsonSchema, OptionInfo } from './schema.js';
export { provenanceOf } from './provenance.js';
export type { Provenance } from './provenance.js';
export { checkProvenance, requireProvenance } from './check-provenance.js';
export type { Finding } from './check-provenance.js';
export { RegistryError, formatProblem, formatProblems } from './errors.js';
export type { Log, Notice, Problem, RegistryCode } from './errors.js';
export { nearest } from './suggest.js';
export { defineRecipe, parseRecipe, recipeOf } from './recipe/recipe.js';
export type { Recipe } from './recipe/recipe.js';
export { defineRecipeSchema } from './recipe/schema.js';
export type { RecipeInput, RecipeSchema, SettingsInput, SettingsOutput, Slot } from './recipe/schema.js';
export { resolveRecipe } from './recipe/resolve.js';
export type { Chosen, ResolvedRecipe } from './recipe/resolve.js';
export { setByPath } from './recipe/set.js';
export { attachSource } from './source.js';
export type { Position, Source } from './source.js';
export { version } from './version.js';
