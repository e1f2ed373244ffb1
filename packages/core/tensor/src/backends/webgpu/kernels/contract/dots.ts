import type { DType } from '../../../../dtype.js';
import type { Capabilities, Kernel } from '../../kernel.js';
import type { ArrayUse } from '../../shader.js';
import { pass, wgslType } from '../../shader.js';
import { sumPartsPass } from './parts.js';

/*
 * Products with few columns, or few outputs at all: then every number of the larger factor is used once or a few times,
 * and the time is that of reading it. Many threads share the sum of an output and add up what they have in workgroup
 * memory, so that there are enough threads however few the outputs are.
 */

/** out[line, column] = sum over k of a[line, k] b[k, column], where lines are the rows of the larger factor. */
export interface Dots {
  readonly label: string;
  readonly dtype: DType;
  readonly batch: number;
  readonly lines: number;
  readonly columns: number;
  readonly depth: number;
  /** What four numbers are read at once: of one line, of four neighbouring lines, or none. Divides the size by four. */
  readonly vector: 'depth' | 'lines' | 'none';
  /** Neighbouring threads have neighbouring depths, or neighbouring lines. */
  readonly contiguous: 'depth' | 'lines';
  /** Lines (or vectors of lines) and columns of a thread. */
  readonly threadLines: number;
  readonly threadColumns: number;
  /** Statements once for each thread; in scope `batch`, `line0`, `line1`, … (of vectors the first) and `column0`, …. */
  readonly setup: string;
  /** Statements that declare `a0`, … and `b0`, … at `k`, which counts fours of the depth where these are read at once. */
  readonly load: string;
  readonly place: (line: string, column: string) => string;
  readonly outputs: number;
  readonly inputs: readonly ArrayUse[];
  readonly declarations?: string;
}

/** Threads that a device of the larger kind keeps busy. */
const busyThreads = 1 << 16;
/** Steps of a thread below which more threads do not help. */
const fewSteps = 4;
/** Steps of a thread beyond which rounding would grow. */
const mostSteps = 1 << 10;

interface Sharing {
  /** Threads of a workgroup that share a sum. */
  readonly sharers: number;
  /** Sums of a workgroup that are in work at a time (each of `threadLines` x `threadColumns`). */
  readonly segments: number;
  /** Workgroups that share a sum. */
  readonly parts: number;
}

function share(dots: Dots, steps: number, segments: number, lineSegments: number, threads: number): Sharing {
  let sharers = dots.contiguous === 'depth' ? 32 : 8;
  while (sharers / 2 >= steps) sharers /= 2;
  const useful = (): boolean => sharers < threads && steps >= 2 * sharers * fewSteps;
  while (useful() && (segments * sharers < busyThreads || steps > sharers * mostSteps)) sharers *= 2;
  // With few lines, the rest of a workgroup would have none.
  while (sharers < threads && threads / sharers / 2 >= lineSegments) sharers *= 2;
  let parts = 1;
  const more = (): boolean => segments * sharers * parts * 2 <= busyThreads && steps >= sharers * parts * 16;
  while (more() || steps > sharers * parts * mostSteps) parts *= 2;
  return { sharers, segments: threads / sharers, parts };
}

export function dotsKernel(dots: Dots, capabilities: Capabilities): Kernel {
  const { label, dtype, batch, lines, columns, depth, vector, threadLines, threadColumns, outputs } = dots;
  const size = Math.min(256, 2 ** Math.floor(Math.log2(capabilities.threads)));
  const together = vector === 'lines' ? 4 : 1;
  const steps = vector === 'depth' ? depth / 4 : depth;
  const down = Math.ceil(lines / (threadLines * together));
  const across = Math.ceil(columns / threadColumns);
  const { sharers, segments, parts } = share(dots, steps, down * across * batch, down, size);
  const blocks = Math.ceil(down / segments);
  const groups = blocks * across * parts * batch;
  const perPart = Math.ceil(steps / parts);
  const padded = Math.ceil(outputs / 4) * 4;
  const type = vector === 'none' ? wgslType(dtype) : `vec4<${wgslType(dtype)}>`;
  const total = vector === 'lines' ? type : wgslType(dtype);
  const each = (count: number, text: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => text(i)).join('\n');
  const both = (text: (r: number, c: number, i: number) => string): string =>
    each(threadLines, (r) => each(threadColumns, (c) => text(r, c, r * threadColumns + c)));
  const value = (r: number, c: number): string =>
    vector === 'depth' ? `dot4(sum_${r}_${c})` : `sum_${r}_${c}`;
  const write = (r: number, c: number, i: number): string =>
    each(together, (e) => {
      const line = `first_line + ${r * together + e}u`;
      const number = together === 1 ? `sums[${i}][lane]` : `sums[${i}][lane][${e}]`;
      return `    if (${line} < ${lines}u && first_column + ${c}u < ${columns}u) { out_set(${parts === 1 ? '' : `part * ${padded}u + `}${dots.place(`(${line})`, `(first_column + ${c}u)`)}, ${number}); }`;
    });
  const dotPass = pass({
    label,
    capabilities,
    size,
    groups,
    arrays: [
      ...dots.inputs,
      { name: 'out', array: parts === 1 ? 2 : 3, dtype, elements: parts === 1 ? outputs : parts * padded, access: 'write' }, // prettier-ignore
    ],
    declarations: [
      `var<workgroup> sums: array<array<${total}, ${size}>, ${threadLines * threadColumns}>;`,
      vector === 'depth' ? `fn dot4(x: ${type}) -> ${total} { return (x.x + x.y) + (x.z + x.w); }` : '',
      dots.declarations ?? '',
    ].join('\n'),
    main: `
  if (group >= ${groups}u) { return; }
  let part = group % ${parts}u;
  let block = group / ${parts}u % ${blocks}u;
  let first_column = group / ${parts * blocks}u % ${across}u * ${threadColumns}u;
  let batch = group / ${parts * blocks * across}u;
${
  dots.contiguous === 'depth'
    ? `  let own = lane % ${sharers}u; let segment = lane / ${sharers}u;`
    : `  let own = lane / ${segments}u; let segment = lane % ${segments}u;`
}
  let first_line = (block * ${segments}u + segment) * ${threadLines * together}u;
  // Lines and columns beyond the end repeat the last ones, and are not written.
${each(threadLines, (r) => `  let line${r} = min(first_line + ${r * together}u, ${lines - together}u);`)}
${each(threadColumns, (c) => `  let column${c} = min(first_column + ${c}u, ${columns - 1}u);`)}
${dots.setup}
${both((r, c) => `  var sum_${r}_${c} = ${type}();`)}
  let stop = min((part + 1u) * ${perPart}u, ${steps}u);
  for (var k = part * ${perPart}u + own; k < stop; k += ${sharers}u) {
${dots.load}
${both((r, c) => `    sum_${r}_${c} += a${r} * b${c};`)}
  }
${both((r, c, i) => `  sums[${i}][lane] = ${value(r, c)};`)}
  for (var half = ${sharers / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (own < half) {
      let other = lane + half * ${dots.contiguous === 'depth' ? 1 : segments}u;
${both((_r, _c, i) => `      sums[${i}][lane] += sums[${i}][other];`)}
    }
  }
  if (own == 0u) {
${both(write)}
  }`,
  });
  if (parts === 1) return { passes: [dotPass] };
  return {
    passes: [dotPass, sumPartsPass(label, dtype, parts, padded, [3, 2], capabilities)],
    scratch: [parts * padded],
  };
}
