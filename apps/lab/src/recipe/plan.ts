import type { Chosen, ResolvedRecipe } from '@core/registry';
import { plural } from '../terminal/format.js';
import type { trainRecipe } from './schema.js';

export type TrainPlan = ResolvedRecipe<typeof trainRecipe>;

/** `one`, `one and two`, `one, two and three`. */
export function andList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** The line that opens a run: what is about to happen. */
export function announce({ slots, settings }: TrainPlan): string {
  const names = slots.optimizers.map(nameWithUse);
  const each = names.length === 1 ? '' : ' each';
  return (
    `Training ${slots.model.id} on ${slots.dataset.id} with ${andList(names)}: ` +
    `${plural(settings.epochs, 'epoch')}${each} in batches of ${settings.batchSize}, ` +
    `measured on the ${settings.evaluateOn} split after every epoch.`
  );
}

/** `adam`, or `warm (optim/adam)` where the name says less than the id. */
export function nameWithUse({ name, id }: Pick<Chosen, 'name' | 'id'>): string {
  return id.split('/').at(-1) === name ? name : `${name} (${id})`;
}
