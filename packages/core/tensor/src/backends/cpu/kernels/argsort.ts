import type { DType } from '../../../dtype.js';
import { bytesPerElement } from '../../../dtype.js';
import { aroundAxis } from '../../../primitives/kernels/reduce.js';
import type { KernelFactory } from '../kernel.js';
import type { Code } from '../wasm/code.js';
import { i32 } from '../wasm/code.js';
import type { Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { Records } from './argsort/records.js';
import { recordsOf } from './argsort/records.js';
import { insertionSort, radixSort, tableBytes } from './argsort/sort.js';

/** Rows up to this length are sorted by insertion. */
const shortRow = 48;
/** From this length on, fewer passes pay for larger tables. */
const longRow = 4096;
/** Elements of one thread's share at least. */
const grain = 1 << 12;

/** Bits of a digit; 0 for insertion. */
function digitBitsOf(length: number): 0 | 8 | 11 {
  return length <= shortRow ? 0 : length < longRow ? 8 : 11;
}

export const argsortKernel: KernelFactory<'argsort'> = ({ inputs: [x], params }, engine) => {
  const { axis, descending } = params;
  const { dtype, shape } = x!;
  const { outer, length, inner } = aroundAxis(shape, axis);
  if (outer * length * inner === 0) return () => undefined;
  const bits = digitBitsOf(length);
  const kind = recordsOf(dtype, descending);
  const [sort] = engine.functions(`argsort ${dtype} ${descending} ${bits}`, () => [
    sortRows(dtype, kind, bits),
  ]);
  const scratch = bits === 0 ? length * kind.bytes : 2 * length * kind.bytes + tableBytes(kind, bits);
  const rows = Math.max(1, Math.floor(grain / length));
  return ([from, to]) => engine.parallel(sort!, [from!, to!, length, inner], outer * inner, rows, scratch);
};

/** Sorts the rows begin … end - 1, whose elements lie `inner` elements apart. */
function sortRows(dtype: DType, kind: Records, digitBits: number): WasmFunction {
  const width = bytesPerElement(dtype);
  return defineFunction({
    parameters: { from: 'i32', to: 'i32', length: 'i32', inner: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' }, // prettier-ignore
    body: ({ from, to, length, inner, begin, end, scratch }, frame) => {
      const [row, start, i, source, target, at] = Array.from({ length: 6 }, () => frame.local('i32')) as [
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
      ];
      const [records, other] = [frame.local('i32'), frame.local('i32')];
      const bytes = i32.mul(length.get, i32.const(kind.bytes));
      const add = (local: Local, value: Code): Code => local.set(i32.add(local.get, value));
      const sort =
        digitBits === 0
          ? insertionSort(frame, kind, records.get, length.get)
          : radixSort(frame, kind, digitBits, {
              records,
              other,
              count: length.get,
              tables: i32.add(scratch.get, i32.shl(bytes, i32.const(1))),
            });
      return frame.range(row, begin.get, end.get, 1, [
        // Row r is column r % inner of block ⌊r / inner⌋.
        start.set(
          i32.add(
            i32.mul(i32.mul(i32.divU(row.get, inner.get), length.get), inner.get),
            i32.remU(row.get, inner.get),
          ),
        ),
        records.set(scratch.get),
        other.set(i32.add(scratch.get, bytes)),
        at.set(records.get),
        source.set(i32.add(from.get, i32.mul(start.get, i32.const(width)))),
        frame.range(i, i32.const(0), length.get, 1, [
          kind.make(frame, at.get, source.get, i.get),
          add(at, i32.const(kind.bytes)),
          add(source, i32.mul(inner.get, i32.const(width))),
        ]),
        sort,
        at.set(records.get),
        target.set(i32.add(to.get, i32.mul(start.get, i32.const(4)))),
        frame.range(i, i32.const(0), length.get, 1, [
          i32.store(target.get, kind.position(at.get)),
          add(at, i32.const(kind.bytes)),
          add(target, i32.mul(inner.get, i32.const(4))),
        ]),
      ]);
    },
  });
}
