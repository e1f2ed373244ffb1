import {
  RegistryError,
  attachSource,
  resolveRecipe,
  type KindName,
  type Problem,
  type Provenance,
  type Ready,
  type Recipe,
  type Registry,
} from '@core/registry';
import { TrellisError } from '@core/tensor';
import { algoperfRules, haltonSearch, type SearchSpace } from '@plugins/optim';
import { LabError } from '../errors.js';
import { withBudget, withPoint } from './budget.js';
import { raceRecipe, type RaceSettings, type SubmissionSettings, type WorkloadSettings } from './recipe.js';

/** A workload, or the variant of one, whose components are checked. */
export interface PlannedWorkload {
  readonly name: string;
  /** The base workload that this is a variant of. */
  readonly variantOf?: string;
  readonly dataset: Ready<'dataset'>;
  readonly model: Ready<'model'>;
  readonly loss: Ready<'loss'>;
  /** Absent where the loss decides. */
  readonly metric?: Ready<'metric'>;
  readonly target: number;
  readonly batchSize: number;
  /** What shares of steps are of. */
  readonly maxSteps: number;
  /** Steps that a trial may take: more under the ruleset self. */
  readonly allowedSteps: number;
  readonly maxSeconds: number;
  readonly evaluateEvery: number;
}

export interface PlannedSubmission {
  readonly name: string;
  /** Component id. */
  readonly use: string;
  readonly path: string;
  /** The optimizer's spec, with shares of steps still in it. */
  readonly optimizer: unknown;
  readonly search?: SearchSpace;
  /** The points that each study tries; one empty point where there is no search. */
  readonly points: readonly (readonly Readonly<Record<string, unknown>>[])[];
}

export interface RacePlan {
  readonly settings: RaceSettings;
  /** Each base workload, followed by its variant. */
  readonly workloads: readonly PlannedWorkload[];
  readonly submissions: readonly PlannedSubmission[];
  /** The whole recipe with all defaults: running it again gives the same race. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly provenance: Readonly<Record<string, Provenance>>;
}

type PartKind = 'dataset' | 'model' | 'loss' | 'metric';

const raceKeys = ['workloads', 'submissions'];
const trainKeys = [
  'dataset',
  'model',
  'loss',
  'optimizer',
  'optimizers',
  'metric',
  'metrics',
  'epochs',
  'batchSize',
];

/**
 * Whether a recipe is of a race.
 *
 * @throws LabError `USAGE` for one that is half a race and half a training run
 */
export function isRace({ data, file }: Recipe): boolean {
  const of = (keys: readonly string[]): readonly string[] => keys.filter((key) => Object.hasOwn(data, key));
  const race = of(raceKeys);
  const train = of(trainKeys);
  if (race.length === 0) return false;
  if (train.length === 0) return true;
  throw new LabError(
    'USAGE',
    `${file === undefined ? '' : `${file}: `}a recipe with ${race.join(' and ')} is a race, and ${train.join(', ')} belong to a training run; ` +
      'in a race each workload has its own dataset, model and loss, and each submission its optimizer',
  );
}

/**
 * Checks a race's recipe against the plugins at hand, before anything runs.
 *
 * @throws RegistryError with every problem, and where it stands
 */
export async function planRace(registry: Registry, recipe: Recipe): Promise<RacePlan> {
  const { settings } = await resolveRecipe(registry, recipe, raceRecipe);
  const problems: Problem[] = namesTaken(settings);
  const provenance: Record<string, Provenance> = {};
  const prepare = async <K extends KindName>(
    spec: unknown,
    kind: K,
    path: string,
  ): Promise<Ready<K> | undefined> => {
    try {
      const ready = await registry.prepare(spec, { kind, path });
      const { use, ...config } = ready.spec;
      provenance[path] = { use, plugin: ready.plugin, contract: 1, config };
      return ready;
    } catch (thrown) {
      if (!(thrown instanceof RegistryError)) throw thrown;
      problems.push(...thrown.problems);
      return undefined;
    }
  };
  const workloads: PlannedWorkload[] = [];
  const factor = algoperfRules['v0.6'][settings.ruleset].runtimeFactor;
  for (const [path, written, variantOf] of withVariants(settings)) {
    const base = variantOf === undefined ? undefined : workloads.find(({ name }) => name === variantOf);
    /** A variant has what its base has, where it says nothing else. */
    const part = async <K extends PartKind>(kind: K): Promise<Ready<K> | undefined> => {
      const inherited = settings.workloads.find(({ name }) => name === variantOf)?.[kind] === written[kind];
      // The base's part is of the same kind.
      return inherited
        ? (base?.[kind] as Ready<K> | undefined)
        : prepare(written[kind], kind, `${path}.${kind}`);
    };
    const [dataset, model, loss] = [await part('dataset'), await part('model'), await part('loss')];
    const metric = written.metric === 'loss' ? undefined : await part('metric');
    if (dataset === undefined || model === undefined || loss === undefined) continue;
    const { name, target, batchSize, maxSteps, maxSeconds = Infinity, evaluateEvery } = written;
    workloads.push({
      ...{ name, target, batchSize, maxSteps, maxSeconds, evaluateEvery, dataset, model, loss },
      ...(metric === undefined ? {} : { metric }),
      ...(variantOf === undefined ? {} : { variantOf }),
      allowedSteps: Math.round(maxSteps * factor),
    });
  }
  const submissions: PlannedSubmission[] = [];
  for (const [index, written] of settings.submissions.entries()) {
    const path = `submissions[${index}]`;
    const planned = planSubmission(written, path, settings, problems);
    if (planned === undefined) continue;
    for (const steps of new Set(settings.workloads.map(({ maxSteps }) => maxSteps))) {
      const spec = withBudget(withPoint(planned.optimizer, planned.points[0]?.[0] ?? {}), steps);
      const ready = await prepare(spec, 'optimizer', `${path}.optimizer`);
      if (ready === undefined) break;
    }
    submissions.push(planned);
  }
  const [first, ...others] = attachSource(problems, recipe);
  if (first !== undefined) throw new RegistryError([first, ...others]);
  return { settings, workloads, submissions, data: dataOf(settings), provenance };
}

function planSubmission(
  { name, optimizer, search }: SubmissionSettings,
  path: string,
  { studies, trials, seed, ruleset }: RaceSettings,
  problems: Problem[],
): PlannedSubmission | undefined {
  const use = typeof optimizer === 'string' ? optimizer : optimizer.use;
  if (search === undefined)
    return { name, use, path, optimizer, points: Array.from({ length: studies }, () => [{}]) };
  const refuse = (message: string): undefined =>
    void problems.push({ code: 'RECIPE', path: `${path}.search`, message });
  if (ruleset === 'self')
    return refuse('under the ruleset self, submissions tune themselves: leave the search out');
  try {
    const space: SearchSpace = search;
    // Small bases: a study has few points, which those near 1000 would not spread.
    const drawn = haltonSearch(space, studies * trials, seed, {
      bases: firstPrimes(Object.keys(space).length),
    });
    const points = Array.from({ length: studies }, (_, study) =>
      drawn.slice(study * trials, (study + 1) * trials),
    );
    withPoint(optimizer, drawn[0] ?? {});
    return { name, use, path, optimizer, search: space, points };
  } catch (thrown) {
    if (!(thrown instanceof TrellisError)) throw thrown;
    return refuse(thrown.message.replace(/^haltonSearch: |^--set /, ''));
  }
}

export function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

type Written = Omit<WorkloadSettings, 'variant'>;

/** Every workload with its path, variants after their base. */
function withVariants({ workloads }: RaceSettings): readonly (readonly [string, Written, string?])[] {
  return workloads.flatMap(({ variant, ...base }, index) => {
    const path = `workloads[${index}]`;
    if (variant === undefined) return [[path, base]];
    const { dataset, model, loss, name = `${base.name}-variant`, ...others } = variant;
    const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
    const changed: Written = {
      ...base,
      ...given,
      name,
      dataset: merged(base.dataset, dataset),
      model: merged(base.model, model),
      loss: merged(base.loss, loss),
    };
    return [
      [path, base],
      [`${path}.variant`, changed, base.name],
    ];
  });
}

/** A component with other options, or another one. */
function merged(
  base: Written['model'],
  changed: string | Readonly<Record<string, unknown>> | undefined,
): Written['model'] {
  if (changed === undefined) return base;
  if (typeof changed === 'string') return changed;
  const whole = typeof base === 'string' ? { use: base } : base;
  const { use = whole.use, ...options } = changed;
  return typeof use === 'string' && use !== whole.use ? { use, ...options } : { ...whole, ...options };
}

function namesTaken(settings: RaceSettings): Problem[] {
  const problems: Problem[] = [];
  const check = (places: readonly (readonly [string, string])[]): void => {
    const seen = new Map<string, string>();
    for (const [path, name] of places) {
      const first = seen.get(name);
      if (first === undefined) seen.set(name, path);
      else
        problems.push({
          code: 'RECIPE',
          path,
          message: `the name ${name} is taken by ${first}; give each its own name`,
        });
    }
  };
  check(withVariants(settings).map(([path, { name }]) => [path, name]));
  check(settings.submissions.map(({ name }, index) => [`submissions[${index}]`, name]));
  const { reference, submissions } = settings;
  if (reference !== undefined && submissions.every(({ name }) => name !== reference))
    problems.push({ code: 'RECIPE', path: 'reference', message: `no submission is called ${reference}` });
  return problems;
}

/** Settings as plain data; what is absent stays away. */
function dataOf(settings: RaceSettings): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(settings)) as Readonly<Record<string, unknown>>; // of an object
}
