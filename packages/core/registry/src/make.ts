import { RegistryError, messageOf, registryError, throwProblems } from './errors.js';
import { lacksOf, type KindName, type Kinds } from './kinds/index.js';
import { formatPath, isPlainObject, type Path } from './path.js';
import { contract, type Context, type Factory, type Spec } from './plugin.js';
import { prepare, type Prepared, type Shelf } from './prepare.js';
import { withArticle } from './suggest.js';
import { attachProvenance, recordable } from './provenance.js';

/** A component that is being made, for the detection of cycles. */
interface Frame {
  readonly id: string;
  /** Id and config as text: the same twice on the way down means that it would go on for ever. */
  readonly key: string;
}

/** Deeper nesting than any honest recipe has. */
const deepest = 32;

/** Loads and makes a prepared component; what it made knows where it came from. */
export async function make(
  shelf: Shelf,
  prepared: Prepared,
  above: readonly Frame[] = [],
): Promise<Kinds[KindName]> {
  const { entry, config, path } = prepared;
  const recorded = recordable(config);
  const frame: Frame = { id: entry.id, key: `${entry.id} ${JSON.stringify(recorded)}` };
  const stack = [...above, frame];
  if (above.some((one) => one.key === frame.key) || stack.length > deepest) {
    const trail = stack
      .slice(-8)
      .map((one) => one.id)
      .join(' -> ');
    throw at(path, registryError('CYCLE', `${trail}: components that contain each other without end`));
  }
  const factory = await load(prepared);
  const context: Context = {
    id: entry.id,
    backend: shelf.backend(),
    log: shelf.log,
    use: (spec, kind) => useNested(shelf, prepared, spec, kind, stack),
  };
  let created: unknown;
  try {
    created = await factory.create(config, context);
  } catch (thrown) {
    // Errors of ours and of the component's own checks (a negative rate) say enough, and keep their code.
    if (thrown instanceof Error && 'code' in thrown) throw thrown;
    throw at(
      path,
      registryError('CREATE', `${entry.id} (${entry.plugin}) failed: ${messageOf(thrown)}`, {
        cause: thrown,
      }),
    );
  }
  if ((typeof created !== 'object' || created === null) && typeof created !== 'function') {
    throw at(
      path,
      registryError(
        'CREATE',
        `${entry.id} (${entry.plugin}) made ${String(created)}, not ${withArticle(entry.component.kind)}`,
      ),
    );
  }
  const lacks = lacksOf(entry.component.kind, created);
  if (lacks !== undefined) {
    throw at(
      path,
      registryError(
        'CREATE',
        `${entry.id} (${entry.plugin}) broke its contract: ${withArticle(entry.component.kind)} ${lacks}`,
      ),
    );
  }
  attachProvenance(created, { use: entry.id, plugin: entry.plugin, contract, config: recorded });
  return created as Kinds[KindName]; // its functions are there; the laws of the kind check what they do
}

async function load({ entry, path }: Prepared): Promise<Factory> {
  let loaded: unknown;
  try {
    loaded = await entry.component.load();
  } catch (thrown) {
    throw at(
      path,
      registryError('CREATE', `${entry.id} (${entry.plugin}) could not be loaded: ${messageOf(thrown)}`, {
        cause: thrown,
      }),
    );
  }
  if (
    typeof loaded === 'object' &&
    loaded !== null &&
    'create' in loaded &&
    typeof loaded.create === 'function'
  ) {
    return loaded as Factory; // has the one function a factory has
  }
  throw at(
    path,
    registryError('CREATE', `${entry.id} (${entry.plugin}): what load() brings has no function create`),
  );
}

async function useNested<K extends KindName>(
  shelf: Shelf,
  outer: Prepared,
  spec: Spec,
  kind: K,
  stack: readonly Frame[],
): Promise<Kinds[K]> {
  const known = isPlainObject(spec) ? shelf.prepared.get(spec) : undefined;
  if (known?.entry.component.kind === kind) {
    return (await make(shelf, known, stack)) as Kinds[K]; // kind was compared
  }
  const outcome = await prepare(shelf, spec, kind, [...outer.path, ...whereIs(spec, outer.config)]);
  if ('problems' in outcome) {
    throwProblems(outcome.problems);
    throw registryError('CREATE', `${outer.entry.id}: a nested component could not be prepared`);
  }
  return (await make(shelf, outcome.prepared, stack)) as Kinds[K]; // prepare compared the kind
}

/** The key under which a config holds a spec; nothing when the component made the spec up itself. */
function whereIs(spec: unknown, config: unknown): Path {
  if (!isPlainObject(config)) return [];
  return Object.entries(config)
    .flatMap(([key, value]) => (value === spec ? [key] : []))
    .slice(0, 1);
}

/** The same error with the place of the component. */
function at(path: Path, error: RegistryError): RegistryError {
  const [first, ...rest] = error.problems.map((problem) => ({ ...problem, path: formatPath(path) }));
  return first === undefined ? error : new RegistryError([first, ...rest], { cause: error.cause });
}
