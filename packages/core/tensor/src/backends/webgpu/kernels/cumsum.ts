import type { DType } from '../../../dtype.js';
import { aroundAxis } from '../../../primitives/kernels/reduce.js';
import type { Capabilities, Kernel, Pass, Problem, Rules } from '../kernel.js';
import { pass, wgslType } from '../shader.js';
import { foldOf } from './fold.js';
import type { Middle } from './reduceStage.js';
import { stagePass } from './reduceStage.js';

/** Threads of a workgroup, each with so many neighbouring elements. */
const scanThreads = 256;
const perThread = 4;
/** An axis is cut into chunks of so many elements: along the last axis a workgroup's, along others a thread's. */
const rowChunk = 2048;
const columnChunk = 64;
/** Columns that are enough to fill a device, if they are not too long. */
const manyColumns = 1 << 15;
const manyRows = 512;

/** Arrays by number: what is summed, where the sums go, and the first that is free for what is between. */
interface Ends {
  readonly from: number;
  readonly to: number;
  readonly scratch: number;
}

interface Sums extends Middle {
  readonly dtype: DType;
  readonly reverse: boolean;
}

interface Scan extends Sums {
  /** Elements of a chunk; those after the first begin with what the chunks before have come to. */
  readonly chunk: number;
}

/**
 * Running sums along the middle axis of array `from`. Long axes are cut into chunks: their sums first, then the running
 * sums of these, with which each chunk can begin. So no more than a chunk's additions come one after another.
 */
function scanPasses(
  sums: Sums,
  { from, to, scratch }: Ends,
  capabilities: Capabilities,
): { passes: Pass[]; scratch: number[] } {
  const { outer, length, inner, dtype } = sums;
  const whole = inner === 1 ? outer >= manyRows || length <= 2 * rowChunk : length <= columnChunk || (outer * inner >= manyColumns && length <= 16 * columnChunk); // prettier-ignore
  const chunk = whole ? length : inner === 1 ? rowChunk : columnChunk;
  const parts = Math.ceil(length / chunk);
  const last = inner === 1 ? rowPass : columnPass;
  const scan: Scan = { ...sums, chunk };
  if (parts === 1) return { passes: [last(scan, from, to, undefined, capabilities)], scratch: [] };

  const [totals, begins] = [scratch, scratch + 1];
  const size = sizeFor(capabilities);
  const first = stagePass(
    'cumsum',
    {
      ...{ outer, length, inner, chunk, parts, vectors: 'none' },
      team: inner === 1 ? size : 1,
      teams: inner === 1 ? 1 : Math.min(size, outer * inner),
    },
    foldOf('sum', dtype),
    { array: from, holds: 'elements' },
    { array: totals, holds: 'partials' },
    capabilities,
  );
  const between = scanPasses(
    { ...sums, length: parts },
    { from: totals, to: begins, scratch: scratch + 2 },
    capabilities,
  );
  const elements = outer * parts * inner;
  return {
    passes: [first, ...between.passes, last(scan, from, to, begins, capabilities)],
    scratch: [elements, elements, ...between.scratch],
  };
}

const sizeFor = ({ threads }: Capabilities): number =>
  Math.min(scanThreads, 2 ** Math.floor(Math.log2(threads)));

/** Neighbouring threads take neighbouring columns, and each goes along its own. */
function columnPass(
  { outer, length, inner, dtype, reverse, chunk }: Scan,
  from: number,
  to: number,
  begins: number | undefined,
  capabilities: Capabilities,
): Pass {
  const parts = Math.ceil(length / chunk);
  const threads = outer * parts * inner;
  const size = sizeFor(capabilities);
  const type = wgslType(dtype);
  const before = reverse ? 'part + 1u' : 'part - 1u';
  return pass({
    label: 'cumsum',
    capabilities,
    arrays: [
      { name: 'x', array: from, dtype, elements: outer * length * inner, access: 'read' },
      { name: 'y', array: to, dtype, elements: outer * length * inner, access: 'write' },
      ...(begins === undefined
        ? []
        : [{ name: 'begins', array: begins, dtype, elements: threads, access: 'read' } as const]),
    ],
    size,
    groups: Math.ceil(threads / size),
    main: `
if (thread >= ${threads}u) { return; }
let column = thread % ${inner}u;
let part = thread / ${inner}u % ${parts}u;
let outer = thread / ${inner * parts}u;
let first = part * ${chunk}u;
let last = min(first + ${chunk}u, ${length}u);
var begin = ${type}();
${begins === undefined ? '' : `if (part != ${reverse ? parts - 1 : 0}u) { begin = begins_get((outer * ${parts}u + ${before}) * ${inner}u + column); }`}
// Sums of a few elements on what came before, rather than one sum that runs through all of them.
for (var i = first; i < last; i += 16u) {
  var sum = ${type}();
  for (var k = i; k < min(i + 16u, last); k++) {
    let place = (outer * ${length}u + ${reverse ? 'first + last - 1u - k' : 'k'}) * ${inner}u + column;
    sum += x_get(place);
    y_set(place, begin + sum);
  }
  begin += sum;
}`,
  });
}

/** Each thread sums up its own few elements, and a team of threads these sums; long rows go in tiles, one after another. */
function rowPass(
  { outer, length, dtype, reverse, chunk }: Scan,
  from: number,
  to: number,
  begins: number | undefined,
  capabilities: Capabilities,
): Pass {
  const parts = Math.ceil(length / chunk);
  const size = sizeFor(capabilities);
  const team = Math.min(size, 2 ** Math.ceil(Math.log2(Math.ceil(chunk / perThread))));
  const teams = size / team;
  const tile = team * perThread;
  const rows = outer * parts;
  const wide = length % perThread === 0 && chunk % perThread === 0;
  const subgroups = capabilities.subgroups && teams === 1 && size >= 128;
  const type = wgslType(dtype);
  const width = wide ? 4 : 1;
  const elements = outer * length;
  const four = [0, 1, 2, 3];
  const place = (k: number): string => (reverse ? `last - ${k + 1}u - i` : `first + i + ${k}u`);
  const vector = `(row / ${parts}u * ${length}u + ${reverse ? place(3) : place(0)}) / 4u`;
  const turned = reverse ? '.wzyx' : '';
  const each = (code: (k: number, place: string) => string): string =>
    four.map((k) => `if (i + ${k}u < count) { ${code(k, `row / ${parts}u * ${length}u + ${place(k)}`)} }`).join('\n    '); // prettier-ignore
  const load = wide
    ? `let v = x_get(${vector})${turned};
    ${four.map((k) => `s${k} = v.${'xyzw'[k]!};`).join(' ')}`
    : each((k, at) => `s${k} = x_get(${at});`);
  const store = wide
    ? `y_set(${vector}, (vec4<${type}>(s0, s1, s2, s3) + before)${turned});`
    : each((k, at) => `y_set(${at}, before + s${k});`);
  return pass({
    label: 'cumsum',
    capabilities,
    arrays: [
      { name: 'x', array: from, dtype, elements, access: 'read', width },
      { name: 'y', array: to, dtype, elements, access: 'write', width },
      ...(begins === undefined
        ? []
        : [{ name: 'begins', array: begins, dtype, elements: rows, access: 'read' } as const]),
    ],
    size,
    groups: Math.ceil(rows / teams),
    declarations: `var<workgroup> sums: array<${type}, ${size}>;`,
    subgroups,
    main: `
let row = group * ${teams}u + lane / ${team}u;
let rank = lane % ${team}u;
let part = row % ${parts}u;
let first = part * ${chunk}u;
let last = min(first + ${chunk}u, ${length}u);
let count = select(0u, last - first, row < ${rows}u);
var begin = ${type}();
${begins === undefined ? '' : `if (count > 0u && part != ${reverse ? parts - 1 : 0}u) { begin = begins_get(row ${reverse ? '+' : '-'} 1u); }`}
for (var tile = 0u; tile < ${chunk}u; tile += ${tile}u) {
  let i = tile + rank * ${perThread}u;
  var s0 = ${type}(); var s1 = ${type}(); var s2 = ${type}(); var s3 = ${type}();
  if (i < count) {
    ${load}
  }
  s1 += s0; s3 += s2; s2 += s1; s3 += s1;
  ${subgroups ? bySubgroups(type, size) : bySteps(type, team)}
  if (i < count) {
    let before = begin + others;
    ${store}
  }
  begin += all;
}`,
  });
}

/** The sums `s3` of the team's threads before this one as `others`, and of all of them as `all`. */
function bySubgroups(type: string, size: number): string {
  return `let inclusive = subgroupInclusiveAdd(s3);
  workgroupBarrier();
  if (subgroup_lane == subgroup_size - 1u) { sums[lane / subgroup_size] = inclusive; }
  workgroupBarrier();
  var others = ${type}();
  var all = ${type}();
  for (var k = 0u; k < ${size}u / subgroup_size; k++) {
    if (k == lane / subgroup_size) { others = all; }
    all += sums[k];
  }
  others += subgroupExclusiveAdd(s3);`;
}

function bySteps(type: string, team: number): string {
  if (team === 1) return `let others = ${type}(); let all = s3;`;
  return `workgroupBarrier();
  sums[lane] = s3;
  for (var step = 1u; step < ${team}u; step *= 2u) {
    workgroupBarrier();
    var more = ${type}();
    if (rank >= step) { more = sums[lane - step]; }
    workgroupBarrier();
    sums[lane] += more;
  }
  workgroupBarrier();
  var others = ${type}();
  if (rank > 0u) { others = sums[lane - 1u]; }
  let all = sums[lane - rank + ${team - 1}u];`;
}

const cumsum = (
  { inputs: [x], params: { axis, reverse } }: Problem<'cumsum'>,
  capabilities: Capabilities,
): Kernel => {
  const middle = aroundAxis(x!.shape, axis);
  if (middle.outer * middle.length * middle.inner === 0) return { passes: [] };
  return scanPasses({ ...middle, dtype: x!.dtype, reverse }, { from: 0, to: 1, scratch: 2 }, capabilities);
};

export const cumsumRules = { cumsum } satisfies Rules;
