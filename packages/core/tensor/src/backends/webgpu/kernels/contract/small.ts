import type { DType } from '../../../../dtype.js';
import type { Capabilities, Pass } from '../../kernel.js';
import { pass, wgslType } from '../../shader.js';

/** Products of small matrices as they lie in memory: the place of each number is start + line * its stride + k * its stride. */
export interface SmallProduct {
  readonly dtype: DType;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly a: Strides;
  readonly b: Strides;
}

export interface Strides {
  readonly batch: number;
  readonly line: number;
  readonly depth: number;
}

/** With fewer threads than this, parts of the device idle, and larger blocks would leave still more so. */
const enoughThreads = 1 << 15;

/**
 * Every thread computes a block of outputs by itself. For matrices too small to fill a workgroup's block: there is little
 * to share, and neighbouring threads find what they have in common in the cache.
 */
export function smallProductPass(problem: SmallProduct, capabilities: Capabilities): Pass {
  const { dtype, batch, rows, columns, depth, a, b } = problem;
  const most = (size: number): number => (size >= 4 ? 4 : size >= 2 ? 2 : 1);
  const threads = (high: number, wide: number): number => Math.ceil(rows / high) * Math.ceil(columns / wide) * batch; // prettier-ignore
  let [high, wide] = [most(rows), most(columns)];
  while (high * wide > 1 && threads(high, wide) < enoughThreads) {
    if (high >= wide) high /= 2;
    else wide /= 2;
  }
  const [down, across] = [Math.ceil(rows / high), Math.ceil(columns / wide)];
  const each = (count: number, text: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => text(i)).join('\n');
  const both = (text: (r: number, c: number) => string): string =>
    each(high, (r) => each(wide, (c) => text(r, c)));
  return pass({
    label: 'matmul',
    capabilities,
    size: 64,
    groups: Math.ceil(threads(high, wide) / 64),
    arrays: [
      { name: 'a', array: 0, dtype, elements: (a.batch === 0 ? 1 : batch) * rows * depth, access: 'read' },
      { name: 'b', array: 1, dtype, elements: (b.batch === 0 ? 1 : batch) * depth * columns, access: 'read' },
      { name: 'out', array: 2, dtype, elements: batch * rows * columns, access: 'write' },
    ],
    main: `
  if (thread >= ${threads(high, wide)}u) { return; }
  let column = thread % ${across}u * ${wide}u;
  let row = thread / ${across}u % ${down}u * ${high}u;
  let batch = thread / ${across * down}u;
  // Lines beyond the end repeat the last one, and are not written.
${each(high, (r) => `  let a${r}_from = batch * ${a.batch}u + min(row + ${r}u, ${rows - 1}u) * ${a.line}u;`)}
${each(wide, (c) => `  let b${c}_from = batch * ${b.batch}u + min(column + ${c}u, ${columns - 1}u) * ${b.line}u;`)}
${both((r, c) => `  var sum_${r}_${c} = ${wgslType(dtype)}();`)}
  for (var k = 0u; k < ${depth}u; k++) {
${each(high, (r) => `    let a${r} = a_get(a${r}_from + k * ${a.depth}u);`)}
${each(wide, (c) => `    let b${c} = b_get(b${c}_from + k * ${b.depth}u);`)}
${both((r, c) => `    sum_${r}_${c} += a${r} * b${c};`)}
  }
  let place = (batch * ${rows}u + row) * ${columns}u + column;
${both((r, c) => `  if (row + ${r}u < ${rows}u && column + ${c}u < ${columns}u) { out_set(place + ${r * columns + c}u, sum_${r}_${c}); }`)}`,
  });
}
