import type { Point } from './objectives.js';

/**
 * A line with fewer points that stays within `tolerance` of the given one; its ends stay. Source: Ramer 1972, Douglas & Peucker
 * 1973.
 */
export function simplify(line: readonly Point[], tolerance: number): readonly Point[] {
  const kept = new Set([0, line.length - 1]);
  // A stack and no recursion: a path may have any number of steps.
  const open: (readonly [number, number])[] = [[0, line.length - 1]];
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const [from, to] = range;
    let farthest = 0;
    let at = -1;
    for (let i = from + 1; i < to; i++) {
      const away = distance(line[i]!, line[from]!, line[to]!); // indices inside the line
      if (away > farthest) [farthest, at] = [away, i];
    }
    if (farthest <= tolerance) continue;
    kept.add(at);
    open.push([from, at], [at, to]);
  }
  return line.filter((_, i) => kept.has(i));
}

/** From a point to a segment; a ring's segment may be a point. */
function distance([px, py]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / length));
  return Math.hypot(px - ax - share * dx, py - ay - share * dy);
}
