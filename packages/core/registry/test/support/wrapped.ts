import type { Context, Optimizer, Spec } from '../../src/index.js';

export async function create({ inner }: { readonly inner: Spec }, context: Context): Promise<Optimizer> {
  const optimizer = await context.use(inner, 'optimizer');
  return {
    init: (params) => optimizer.init(params),
    update: (grads, state, params) => optimizer.update(grads, state, params),
  };
}
