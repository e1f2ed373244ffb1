import { isFloat, tree, vjp, zerosLike, type Tensor } from '@core/tensor';

/** (∂f/∂p)ᵀ cotangent, like p, with zeros at leaves that are not floats (where `vjp` has null). */
export function pull<P>(f: (params: P) => Tensor, at: P, cotangent: Tensor): P {
  const { leaves, definition } = tree.flatten(at);
  const floats = leaves.filter((leaf) => isFloat(leaf.dtype));
  const rebuilt = (moved: readonly Tensor[], others: (leaf: Tensor) => Tensor): P => {
    let next = 0;
    const placed = leaves.map((leaf) => (isFloat(leaf.dtype) ? (moved[next++] ?? leaf) : others(leaf)));
    return tree.unflatten(definition, placed) as P; // the same structure
  };
  const [, back] = vjp((moved: readonly Tensor[]) => f(rebuilt(moved, (leaf) => leaf)), floats);
  return rebuilt(back(cotangent)[0], zerosLike);
}
