import { ArgumentError, ShapeError, random } from '@core/tensor';
import type { Shape, Tensor, Tree } from '@core/tensor';
import { show } from './check.js';
import type { ApplyOptions, Empty, Layer, ParamsOf, StateOf } from './layer.js';
import { stateless } from './layer.js';

type Layers = Readonly<Record<string, Layer>>;

/** Parameters (or states) of named layers, under their names. */
type Named<L extends Layers, Part extends 'params' | 'state'> = {
  [K in keyof L & string]: Part extends 'params' ? ParamsOf<L[K]> : StateOf<L[K]>;
};

/**
 * Layers one after the other. Their parameters stand under their names, so `sequential({ conv1, relu, dense })` has the
 * paths `conv1.weight`, `dense.bias`; an array names its layers `0`, `1`, ….
 *
 * @throws ArgumentError for no layers, or a name that is empty, a number or has a dot
 */
export function sequential<L extends Layers>(layers: L): Layer<Named<L, 'params'>, Named<L, 'state'>>;
export function sequential(layers: readonly Layer[]): Layer<Record<string, Tree>, Record<string, Tree>>;
export function sequential(layers: Layers | readonly Layer[]): Layer {
  const entries = Object.entries(layers as Layers);
  if (entries.length === 0) throw new ArgumentError('sequential: needs at least one layer');
  if (!Array.isArray(layers)) entries.forEach(([name]) => checkName(name));
  return {
    init(key, inputShape, options) {
      const params: Record<string, Tree> = {};
      const state: Record<string, Tree> = {};
      let shape: Shape = inputShape;
      random.split(key, entries.length).forEach((layerKey, i) => {
        const [name, layer] = entries[i]!;
        const made = layer.init(layerKey, shape, options);
        params[name] = made.params;
        state[name] = made.state;
        shape = made.outputShape;
      });
      return { params, state, outputShape: shape };
    },
    apply(params, state, x, options = {}) {
      const keys = splitKey(options, entries.length);
      const next: Record<string, Tree> = {};
      let output = x;
      entries.forEach(([name, layer], i) => {
        // Layers without parameters may be missing from a tree that was read from a file; the others will say so.
        const result = layer.apply(part(params, name), part(state, name), output, keys(i));
        next[name] = result.state;
        output = result.output;
      });
      return { output, state: next };
    },
  };
}

/** Dots separate the names of a path, and JS objects move names like '1' to the front. */
function checkName(name: string): void {
  if (name !== '' && !name.includes('.') && !/^\d+$/.test(name)) return;
  throw new ArgumentError(
    `sequential: '${name}' cannot name a layer; use a word without dots, or an array for layers without names`,
  );
}

/** x + layer(x). @throws ShapeError when the layer changes the shape */
export function residual<P extends Tree, S extends Tree>(layer: Layer<P, S>): Layer<P, S> {
  return {
    init(key, inputShape, options) {
      const made = layer.init(key, inputShape, options);
      if (show(made.outputShape) !== show(inputShape)) {
        throw new ShapeError(
          `residual: the layer turns ${show(inputShape)} into ${show(made.outputShape)}; it must keep the shape`,
        );
      }
      return made;
    },
    apply(params, state, x, options) {
      const result = layer.apply(params, state, x, options);
      return { output: x.add(result.output), state: result.state };
    },
  };
}

/** Each example as one vector: [batch, ...shape] -> [batch, size]. */
export function flatten(): Layer<Empty, Empty> {
  const size = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);
  return stateless(
    (x) => x.reshape([x.shape[0]!, size(x.shape.slice(1))]),
    (inputShape) => [size(inputShape)],
  );
}

/** A different key for each of several layers; none where none was given. */
export function splitKey(options: ApplyOptions, count: number): (i: number) => ApplyOptions {
  if (options.key === undefined) return () => options;
  const keys: readonly Tensor[] = random.split(options.key, count);
  return (i) => ({ ...options, key: keys[i]! });
}

function part(tree: Tree, name: string): Tree {
  return (tree as Readonly<Record<string, Tree>>)[name] ?? {};
}
