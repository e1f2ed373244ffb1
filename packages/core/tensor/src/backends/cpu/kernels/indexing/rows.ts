import type { Engine } from '../../engine.js';
import type { Code } from '../../wasm/code.js';
import { block, br, brIf, i32, i32x4, loop, v128, when } from '../../wasm/code.js';
import type { WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';

/** The row that an index means, which is known to be in range: negative ones count from the end. Read twice. */
export const rowOf = (index: Code, length: number): Code =>
  i32.add(index, i32.and(i32.shrS(index, i32.const(31)), i32.const(length)));

/**
 * Tells whether `count` indices at an address are all in -length … length - 1. Kernels ask before they start, so that
 * what runs on threads needs no way to fail.
 */
export function rangeCheck(engine: Engine): (indices: number, count: number, length: number) => boolean {
  const [check] = engine.functions('indices in range', () => [defineCheck()]);
  return (indices, count, length) => check!.call(indices, count, length) === 0;
}

function defineCheck(): WasmFunction {
  return defineFunction({
    parameters: { indices: 'i32', count: 'i32', length: 'i32' },
    result: 'i32',
    body({ indices, count, length }, frame) {
      const wrong = frame.local('i32');
      const found = frame.local('v128');
      const lengths = frame.keep('v128', i32x4.splat(length.get));
      const ends = frame.keep('v128', i32x4.add(lengths.get, lengths.get));
      // index + length is below 2 length as an unsigned number, or the index is out of range.
      const single = i32.geU(i32.add(i32.load(indices.get), length.get), i32.add(length.get, length.get));
      const four = i32x4.geU(i32x4.add(v128.load(indices.get), lengths.get), ends.get);
      const each = (step: number, note: Code): Code =>
        block(
          loop(
            brIf(1, i32.ltS(count.get, i32.const(step))),
            note,
            indices.set(i32.add(indices.get, i32.const(4 * step))),
            count.set(i32.sub(count.get, i32.const(step))),
            br(0),
          ),
        );
      return [
        lengths.code,
        ends.code,
        each(4, found.set(v128.or(found.get, four))),
        each(1, when(single, wrong.set(i32.const(1)))),
        i32.or(wrong.get, v128.anyTrue(found.get)),
      ];
    },
  });
}
