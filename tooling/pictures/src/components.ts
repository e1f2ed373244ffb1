import type { Component } from '@core/registry';
import * as optim from '@plugins/optim';
import plugin from '@plugins/optim/plugin';
import { table } from './blocks.js';

/** Functions whose name is not the component's id in camel case. */
const otherNames: Readonly<Record<string, string>> = {
  'parameter-groups': 'partition',
  'block-coordinate-descent': 'bcd',
  'logistic-gd': 'logisticGD',
  program: 'programOptimizer',
  'program-search': 'searchPrograms',
};

/** The components of a kind, in the manifest's order. */
export function componentsOf(kind: string): readonly (readonly [id: string, component: Component])[] {
  return Object.entries<Component>(plugin.components).filter(([, component]) => component.kind === kind);
}

/** What a component is called in code, if it has a function of its own there. */
export function functionName(id: string): string | undefined {
  const name = otherNames[id] ?? id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return name in optim ? name : undefined;
}

/** One line for each component of a kind. */
export function componentTable(kind: string): string {
  const rows = componentsOf(kind).map(([id, { summary, paper }]) => {
    const name = functionName(id);
    return [
      name === undefined ? '' : `\`${name}\``,
      `\`optim/${id}\``,
      summary,
      paper === undefined ? '' : `[${paper.year}](${paper.url})`,
    ];
  });
  return table(['in code', 'in recipes', 'what it is', 'paper'], rows);
}
