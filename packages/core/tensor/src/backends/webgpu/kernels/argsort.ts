import type { DType } from '../../../dtype.js';
import { aroundAxis } from '../../../primitives/kernels/reduce.js';
import type { WgslFunction } from '../functions/function.js';
import { declare } from '../functions/function.js';
import type { Capabilities, Kernel, Pass, Problem, Rules } from '../kernel.js';
import { pass } from '../shader.js';
import { floatKey, isNaNBits } from './floatKey.js';
import { mergePass } from './mergePass.js';
import type { Middle } from './reduceStage.js';

/** Pairs of a key and a position that a workgroup sorts: 8 bytes each, in 16 KiB, which every device has. */
const mostPairs = 2048;
const sortThreads = 256;

/** An i32 that orders as the elements are to be: NaN last in both directions. */
function sortKey(dtype: DType, descending: boolean): WgslFunction {
  const key = dtype === 'float32' ? 'float_key(x)' : 'x';
  // All bits inverted, the order is inverted, and there is no overflow as with a negative.
  const directed = descending ? `~${key}` : key;
  return {
    name: 'sort_key',
    code: `fn sort_key(x: i32) -> i32 {
  return ${dtype === 'float32' ? `select(${directed}, 2147483647i, ${isNaNBits('x')})` : directed};
}`,
    uses: dtype === 'float32' ? [floatKey()] : [],
  };
}

/**
 * Sorts runs of the middle axis, each in a workgroup (which takes several, if they are short), by a bitonic network. Pairs
 * with equal keys are ordered by their positions: so all are different, and the sort is stable. What fills a run up is
 * beyond all positions.
 */
function runsPass(
  { outer, length, inner }: Middle,
  key: WgslFunction,
  run: number,
  to: { readonly keys: number | undefined; readonly positions: number },
  capabilities: Capabilities,
): Pass {
  const runs = Math.ceil(length / run);
  const rows = outer * inner;
  const size = Math.min(sortThreads, 2 ** Math.floor(Math.log2(capabilities.threads)));
  const together = Math.max(1, Math.floor((2 * size) / run));
  const pairs = together * run;
  const elements = rows * length;
  // Runs of neighbouring rows are neighbours in memory too, unless rows are along the last axis.
  const alongRow = inner === 1 || together === 1;
  const split = alongRow ? `let slot = e / ${run}u; let k = e % ${run}u;` : `let slot = e % ${together}u; let k = e / ${together}u;`; // prettier-ignore
  const locate = `${split}
  let own = group * ${together}u + slot;
  let row = own / ${runs}u;
  let position = own % ${runs}u * ${run}u + k;
  let place = (row / ${inner}u * ${length}u + position) * ${inner}u + row % ${inner}u;
  let inside = position < ${length}u && row < ${rows}u;`;
  return pass({
    label: 'argsort',
    capabilities,
    arrays: [
      { name: 'x', array: 0, dtype: 'int32', elements, access: 'read' },
      { name: 'positions', array: to.positions, dtype: 'int32', elements, access: 'write' },
      ...(to.keys === undefined
        ? []
        : [{ name: 'keys', array: to.keys, dtype: 'int32', elements, access: 'write' } as const]),
    ],
    size,
    groups: Math.ceil((rows * runs) / together),
    declarations: `${declare([key])}
var<workgroup> sorted: array<vec2<i32>, ${pairs}>;`,
    main: `
for (var e = lane; e < ${pairs}u; e += ${size}u) {
  ${locate}
  var pair = vec2<i32>(2147483647i, 2147483647i);
  if (inside) { pair = vec2<i32>(sort_key(x_get(place)), i32(position)); }
  sorted[slot * ${run}u + k] = pair;
}
for (var block = 2u; block <= ${run}u; block *= 2u) {
  for (var apart = block / 2u; apart > 0u; apart /= 2u) {
    workgroupBarrier();
    for (var e = lane; e < ${pairs / 2}u; e += ${size}u) {
      let low = e / apart * 2u * apart + e % apart;
      let high = low + apart;
      let a = sorted[low];
      let b = sorted[high];
      let ordered = a.x < b.x || (a.x == b.x && a.y < b.y);
      let ascending = (low & block) == 0u || block == ${run}u;
      if (ordered != ascending) {
        sorted[low] = b;
        sorted[high] = a;
      }
    }
  }
}
workgroupBarrier();
for (var e = lane; e < ${pairs}u; e += ${size}u) {
  ${locate}
  if (inside) {
    let pair = sorted[slot * ${run}u + k];
    ${
      to.keys === undefined
        ? 'positions_set(place, pair.y);'
        : `positions_set(row * ${length}u + position, pair.y);
    keys_set(row * ${length}u + position, pair.x);`
    }
  }
}`,
  });
}

/** Long rows: sorted runs, which are then merged two by two. */
const argsort = (
  { inputs: [x], params: { axis, descending } }: Problem<'argsort'>,
  capabilities: Capabilities,
): Kernel => {
  const middle = aroundAxis(x!.shape, axis);
  const { outer, length, inner } = middle;
  const elements = outer * length * inner;
  if (elements === 0) return { passes: [] };
  const key = sortKey(x!.dtype, descending);
  if (length <= mostPairs) {
    const run = 2 ** Math.ceil(Math.log2(Math.max(2, length)));
    return { passes: [runsPass(middle, key, run, { keys: undefined, positions: 1 }, capabilities)] };
  }
  // Keys and positions in two pairs of scratch arrays, from one to the other with each merge.
  const passes = [runsPass(middle, key, mostPairs / 2, { keys: 2, positions: 3 }, capabilities)];
  for (let run = mostPairs / 2, from = 2; run < length; run *= 2, from = 6 - from) {
    const target = 6 - from;
    const isLast = 2 * run >= length;
    passes.push(
      mergePass(
        middle,
        run,
        { keys: from, positions: from + 1 },
        isLast ? { keys: undefined, positions: 1 } : { keys: target, positions: target + 1 },
        capabilities,
      ),
    );
  }
  return { passes, scratch: [elements, elements, elements, elements] };
};

export const argsortRules = { argsort } satisfies Rules;
