import { sizeOf } from '../../../shape.js';
import { declare } from '../functions/function.js';
import { threefry } from '../functions/threefry.js';
import type { Capabilities, Kernel, Rules } from '../kernel.js';
import { pass } from '../shader.js';
import { randomGamma, randomGammaGrad } from './gamma.js';

const threads = 256;

/**
 * The words of the counters 0 … count - 1 of each key: two each, or their xor if `join`. A thread computes four words that
 * follow each other. With one key, the shader does not depend on the count.
 */
function streams(
  label: string,
  keys: number,
  count: number,
  join: boolean,
  capabilities: Capabilities,
): Kernel {
  const words = keys * count * (join ? 1 : 2);
  if (words === 0) return { passes: [] };
  const counters = join ? [0, 1, 2, 3] : [0, 1];
  // Beyond the last word, up to where the buffer is padded, anything may be written.
  const [stream, counter] = keys === 1 ? ['0u', 'i'] : [`min(i / ${count}u, ${keys - 1}u)`, `i % ${count}u`];
  const values = counters.map((k) => `words(${counters.length}u * thread + ${k}u)`);
  return {
    passes: [
      pass({
        label,
        capabilities,
        size: threads,
        groups: Math.ceil(words / 4 / threads),
        arrays: [
          { name: 'key', array: 0, dtype: 'int32', elements: 2 * keys, access: 'read' },
          { name: 'out', array: 1, dtype: 'int32', elements: words, access: 'write', width: 4 },
        ],
        declarations: `${declare([threefry])}
fn words(i: u32) -> ${join ? 'i32' : 'vec2<i32>'} {
  let stream = ${stream};
  let key = vec2<u32>(u32(key_get(2u * stream)), u32(key_get(2u * stream + 1u)));
  let both = threefry(key, ${counter});
  return ${join ? 'i32(both.x ^ both.y)' : 'vec2<i32>(both)'};
}`,
        main: `if (thread < out_length()) { out_set(thread, vec4<i32>(${values.join(', ')})); }`,
      }),
    ],
  };
}

/** Random bits and keys are those of the CPU, bit for bit. */
export const randomRules: Rules = {
  randomBits: ({ inputs: [key], params: { size } }, capabilities) =>
    streams('randomBits', sizeOf(key!.shape) / 2, size, true, capabilities),
  splitKey: ({ inputs: [key], params: { count } }, capabilities) =>
    streams('splitKey', sizeOf(key!.shape) / 2, count, false, capabilities),
  randomGamma,
  randomGammaGrad,
};
