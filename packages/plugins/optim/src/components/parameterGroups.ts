import type { Context } from '@core/registry';
import { partition } from '../compose/partition.js';
import type { Config } from '../configs.js';
import type { Optimizer } from '../types.js';

export async function create(
  { groups, rest }: Config<'parameterGroups'>,
  context: Context,
): Promise<Optimizer> {
  const named = await Promise.all(
    groups.map(async (group, i) => [`group${i}`, await context.use(group.optimizer, 'optimizer')] as const),
  );
  const patterns = groups.map(({ match }) => asPattern(match));
  const optimizers: Readonly<Record<string, Optimizer>> = {
    ...Object.fromEntries(named),
    rest: await context.use(rest, 'optimizer'),
  };
  return partition(optimizers, (path) => {
    const found = patterns.findIndex((pattern) => pattern.test(path));
    return found < 0 ? 'rest' : `group${found}`;
  });
}

/** `*` stands for any characters, everything else for itself. */
function asPattern(match: string): RegExp {
  const parts = match.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
