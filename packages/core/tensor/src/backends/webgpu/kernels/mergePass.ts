import type { Capabilities, Pass } from '../kernel.js';
import { pass } from '../shader.js';
import type { Middle } from './reduceStage.js';

/** Pairs that a workgroup writes. */
const tile = 1024;
const mergeThreads = 256;

/** Arrays of pairs, row by row; without keys where only the positions are wanted, each in its place of the middle axis. */
interface Pairs {
  readonly keys: number | undefined;
  readonly positions: number;
}

/**
 * Merges each two sorted runs of a row. The merged run is cut into tiles: how much of a tile comes from the first run is
 * found by halving, and what it is made of fits the workgroup's memory. There each thread does the same for its own few
 * pairs, and then merges them one by one.
 */
export function mergePass(
  { outer, length, inner }: Middle,
  run: number,
  from: Pairs,
  to: Pairs,
  capabilities: Capabilities,
): Pass {
  const rows = outer * inner;
  const size = Math.min(mergeThreads, capabilities.threads);
  const each = Math.ceil(tile / size);
  const tiles = Math.ceil(length / tile);
  const elements = rows * length;
  const array = (name: string, number: number, access: 'read' | 'write') =>
    ({ name, array: number, dtype: 'int32', elements, access }) as const;
  return pass({
    label: 'argsort',
    capabilities,
    arrays: [
      array('keys', from.keys!, 'read'),
      array('positions', from.positions, 'read'),
      array('to_positions', to.positions, 'write'),
      ...(to.keys === undefined ? [] : [array('to_keys', to.keys, 'write')]),
    ],
    size,
    groups: rows * tiles,
    declarations: `var<workgroup> pairs: array<vec2<i32>, ${tile}>;
var<workgroup> ends: vec2<u32>;
fn pair(place: u32) -> vec2<i32> { return vec2<i32>(keys_get(place), positions_get(place)); }
fn ordered(a: vec2<i32>, b: vec2<i32>) -> bool { return a.x < b.x || (a.x == b.x && a.y < b.y); }
// How many of the first \`count\` pairs of two runs, merged, are of the first.
fn share(first: u32, firsts: u32, second: u32, seconds: u32, count: u32) -> u32 {
  var low = count - min(count, seconds);
  var high = min(count, firsts);
  while (low < high) {
    let middle = (low + high) / 2u;
    if (ordered(pair(first + middle), pair(second + count - 1u - middle))) { low = middle + 1u; } else { high = middle; }
  }
  return low;
}`,
    main: `
let row = group / ${tiles}u;
// What this workgroup writes of its row: part of two merged runs.
let begin = group % ${tiles}u * ${tile}u;
let start = begin / ${2 * run}u * ${2 * run}u;
let base = row * ${length}u;
let middle = min(start + ${run}u, ${length}u);
let stop = min(start + ${2 * run}u, ${length}u);
let count = min(${tile}u, stop - begin);
if (lane < 2u && row < ${rows}u) {
  ends[lane] = share(base + start, middle - start, base + middle, stop - middle, begin - start + lane * count);
}
workgroupBarrier();
let firsts = ends.y - ends.x;
let first = base + start + ends.x;
let second = base + middle + (begin - start - ends.x);
if (row < ${rows}u) {
  for (var e = lane; e < count; e += ${size}u) {
    if (e < firsts) { pairs[e] = pair(first + e); } else { pairs[e] = pair(second + e - firsts); }
  }
}
workgroupBarrier();
if (row >= ${rows}u) { return; }
let own = min(lane * ${each}u, count);
var low = own - min(own, count - firsts);
var high = min(own, firsts);
while (low < high) {
  let center = (low + high) / 2u;
  if (ordered(pairs[center], pairs[firsts + own - 1u - center])) { low = center + 1u; } else { high = center; }
}
var a = low;
var b = firsts + own - low;
for (var k = own; k < min(own + ${each}u, count); k++) {
  var next: vec2<i32>;
  if (b >= count || (a < firsts && ordered(pairs[a], pairs[b]))) {
    next = pairs[a];
    a++;
  } else {
    next = pairs[b];
    b++;
  }
  ${
    to.keys === undefined
      ? `to_positions_set((row / ${inner}u * ${length}u + begin + k) * ${inner}u + row % ${inner}u, next.y);`
      : `to_positions_set(base + begin + k, next.y);
  to_keys_set(base + begin + k, next.x);`
  }
}`,
  });
}
