import type { Code } from '../wasm/code.js';
import { when } from '../wasm/code.js';
import { emitter } from './emitter.js';
import { vectors } from './vectors.js';
import type { Vectors } from './vectors.js';

/**
 * The values, replaced by those that `build` computes where the condition (i32) is not 0: code for lanes that are hardly
 * ever there, so that the others do not pay for it.
 */
export function rarely(
  v: Vectors,
  condition: Code,
  values: readonly Code[],
  build: (inside: Vectors) => readonly Code[],
): readonly Code[] {
  const { frame, relaxed } = v.e;
  const inside = emitter(frame, relaxed);
  const results = build(vectors(inside, v.dtype));
  const locals = values.map(() => frame.local('v128'));
  v.e.emit(locals.map((local, i) => local.set(values[i]!)));
  v.e.emit(when(condition, [inside.code, locals.map((local, i) => local.set(results[i]!))]));
  return locals.map((local) => local.get);
}
