import { gatherKernel as referenceKernel } from '../../../primitives/kernels/indexing.js';
import { sizeOf } from '../../../shape.js';
import { onViews } from '../fallback.js';
import type { KernelFactory } from '../kernel.js';
import type { Code } from '../wasm/code.js';
import { block, br, brIf, i32, i64, loop, select } from '../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import { rangeCheck, rowOf } from './indexing/rows.js';
import { copyRun } from './strided/runs.js';
import { widthOf } from './strided.js';

/** Bytes of one thread's share at least. */
const GRAIN = 1 << 15;

interface Sizes {
  readonly count: number;
  readonly length: number;
  readonly rowBytes: number;
  /** Whether all batches read one table, or by the same indices. */
  readonly oneTable: boolean;
  readonly oneList: boolean;
}

export const gatherKernel: KernelFactory<'gather'> = (problem, engine) => {
  const [x, indices] = problem.inputs as [(typeof problem.inputs)[0], (typeof problem.inputs)[0]];
  const [batches, count, width] = problem.outputs[0]!.shape as [number, number, number];
  if (batches * count === 0) return () => undefined;
  const sizes: Sizes = {
    count,
    length: x.shape[1]!,
    rowBytes: width * widthOf(x),
    oneTable: x.shape[0] === 1,
    oneList: indices.shape[0] === 1,
  };
  const check = rangeCheck(engine);
  const [copy] = engine.functions(`gather ${JSON.stringify(sizes)}`, () => [copyRows(sizes)]);
  // It throws, and says which index was wrong.
  const complain = onViews(([table, rows], [out]) => referenceKernel(table!, rows!, out!), problem, engine.heap); // prettier-ignore
  const grain = Math.ceil(GRAIN / (sizes.rowBytes + 4));
  return (addresses) => {
    const [from, rows, to] = addresses as [number, number, number];
    if (!check(rows, sizeOf(indices.shape), sizes.length)) complain(addresses);
    engine.parallel(copy!, [from, rows, to], batches * count, grain);
  };
};

/** Items are rows of the output. */
function copyRows({ count, length, rowBytes, oneTable, oneList }: Sizes): WasmFunction {
  return defineFunction({
    parameters: { x: 'i32', indices: 'i32', out: 'i32', begin: 'i32', end: 'i32' },
    body({ x, indices, out, begin, end }, frame) {
      const [batch, first, last, list, stop, table, from] = Array.from({ length: 7 }, () =>
        frame.local('i32'),
      ) as [Local, Local, Local, Local, Local, Local, Local];
      const place = (base: Local, number: Code, bytes: number): Code =>
        i32.add(base.get, i32.mul(number, i32.const(bytes)));
      const start = i32.mul(batch.get, i32.const(count));
      return [
        batch.set(i32.divU(begin.get, i32.const(count))),
        out.set(place(out, begin.get, rowBytes)),
        // The part of each batch that lies in the range.
        block(
          loop(
            brIf(1, i32.geS(start, end.get)),
            first.set(i32.sub(begin.get, start)),
            first.set(select(i32.gtS(first.get, i32.const(0)), first.get, i32.const(0))),
            last.set(i32.sub(end.get, start)),
            last.set(select(i32.ltS(last.get, i32.const(count)), last.get, i32.const(count))),
            list.set(oneList ? indices.get : place(indices, start, 4)),
            stop.set(place(list, last.get, 4)),
            list.set(place(list, first.get, 4)),
            table.set(oneTable ? x.get : place(x, batch.get, length * rowBytes)),
            block(
              loop(
                brIf(1, i32.eq(list.get, stop.get)),
                from.set(place(table, rowOf(i32.load(list.get), length), rowBytes)),
                copyRow(frame, out.get, from.get, rowBytes),
                out.set(i32.add(out.get, i32.const(rowBytes))),
                list.set(i32.add(list.get, i32.const(4))),
                br(0),
              ),
            ),
            batch.set(i32.add(batch.get, i32.const(1))),
            br(0),
          ),
        ),
      ];
    },
  });
}

function copyRow(frame: Frame, to: Code, from: Code, bytes: number): Code {
  if (bytes === 0) return [];
  if (bytes === 1) return i32.store8(to, i32.load8U(from));
  if (bytes === 4) return i32.store(to, i32.load(from));
  if (bytes === 8) return i64.store(to, i64.load(from));
  const one = i32.const(0);
  return copyRun(frame, 'contiguous', 1, { to, from, count: i32.const(bytes), fromStep: one, toStep: one });
}
