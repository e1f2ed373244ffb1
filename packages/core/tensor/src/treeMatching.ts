import { isPlainObject } from './plainObject.js';
import { Tensor } from './tensor.js';
import type { TreeDefinition } from './tree.js';

/**
 * The tensors of a value if it has this structure, else undefined. Cheaper than `flatten`, which writes the structure
 * down.
 */
export function leavesAs({ node }: TreeDefinition, value: unknown): Tensor[] | undefined {
  const leaves: Tensor[] = [];
  return collect(node, value, leaves) ? leaves : undefined;
}

function collect(node: TreeDefinition['node'], value: unknown, leaves: Tensor[]): boolean {
  switch (node.kind) {
    case 'leaf':
      return value instanceof Tensor && leaves.push(value) > 0;
    case 'static':
      return Object.is(value, node.value);
    case 'array': {
      const { items } = node;
      if (!Array.isArray(value) || value.length !== items.length) return false;
      for (let i = 0; i < items.length; i++) if (!collect(items[i]!, value[i], leaves)) return false;
      return true;
    }
    case 'object': {
      const { keys, items } = node;
      if (!isPlainObject(value)) return false;
      let count = 0;
      for (const _key in value) count++;
      if (count !== keys.length) return false;
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i]!;
        if (!Object.hasOwn(value, key) || !collect(items[i]!, value[key], leaves)) return false;
      }
      return true;
    }
  }
}

/** How many leaves each item of an array has. */
export function leafCounts({ node }: TreeDefinition): number[] {
  const count = (inner: TreeDefinition['node']): number =>
    inner.kind === 'leaf'
      ? 1
      : 'items' in inner
        ? inner.items.reduce((sum, item) => sum + count(item), 0)
        : 0;
  return 'items' in node ? node.items.map(count) : [];
}
