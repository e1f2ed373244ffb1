import { describe, expect, it } from 'vitest';
import { ArgumentError } from '@core/tensor';
import { sgd } from '../../src/index.js';
import { drawPaths, pathObjectives, tracePath, type Path, type PathPanel } from '../../src/paths.js';
import { levelSets } from '../../src/paths/contours.js';
import type { Point } from '../../src/paths/objectives.js';
import { simplify } from '../../src/paths/simplify.js';
import { numbers, seeds } from '../support.js';

const objective = pathObjectives.rosenbrock;
const path = tracePath(sgd({ learningRate: 1e-3 }), objective, { steps: 60, learningRate: 1e-3 });
const panel: PathPanel = { title: 'a <b> & "c"', objective, path };

/** Whether every element of a text is closed in its place. */
function wellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, closing, name, alone] of svg.matchAll(/<(\/?)([a-zA-Z]+)(?:\s+[\w-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (closing === '/') {
      if (open.pop() !== name) return false;
    } else if (alone !== '/') open.push(name ?? '');
  }
  return open.length === 0 && !/&(?!amp;|lt;|quot;)/.test(svg) && !svg.includes('NaN');
}

describe('drawPaths', () => {
  const svg = drawPaths([panel]);

  it('is a small, well-formed picture that says what it shows', () => {
    expect(wellFormed(svg)).toBe(true);
    expect(svg.length).toBeLessThan(15_000);
    expect(svg).toMatch('a &lt;b> &amp; &quot;c&quot;');
    expect(svg).toMatch(/Rosenbrock, rate 0.001, 60 steps, f \d/);
    expect(svg).toMatch('a small dot every 2 steps');
    expect(svg).toMatch('prefers-color-scheme:dark');
  });

  it('puts start, end and minimum where they are', () => {
    const { x, y } = objective.frame;
    const at = ([px, py]: Point): string => `cx="${Math.round((3600 * (px - x[0])) / (x[1] - x[0]))}" cy="${Math.round((2880 * (y[1] - py)) / (y[1] - y[0]))}"`; // prettier-ignore
    const circles = [...svg.matchAll(/<circle (cx="\d+" cy="\d+")[^>]*class="(\w+)"/g)].map(([, place, name]) => [name, place]); // prettier-ignore
    expect(circles).toEqual([
      ['dot', at(path.points.at(-1)!)],
      ['ring', at(path.points[0]!)],
    ]);
    // The cross at (1, 1) has arms of six pixels.
    expect(svg).toMatch(`<path d="M${Math.round((3600 * 2.75) / 3.5) - 60} ${Math.round((2880 * 0.9) / 2.8) - 60}l120 120`); // prettier-ignore
  });

  it('shares the levels of an objective between panels', () => {
    const many = drawPaths(Array.from({ length: 12 }, () => panel), { columns: 4, width: 150, title: 'all' }); // prettier-ignore
    expect(wellFormed(many)).toBe(true);
    expect(many.match(/class="level"/g)).toHaveLength(1);
    expect(many.match(/<use /g)).toHaveLength(12);
    expect(many).toMatch('>all</text>');
  });

  it('draws a path up to where numbers end, and no end of it', () => {
    const lost: Path = { points: [[0, 0], [1, 1], [NaN, 1], [0, 0]], losses: [1, 1, NaN, NaN] }; // prettier-ignore
    const drawn = drawPaths([{ title: 'x', objective, path: lost }]);
    expect(wellFormed(drawn)).toBe(true);
    expect(drawn).toMatch('3 steps, f lost');
    expect(drawn).not.toMatch('class="dot"');
  });

  it('keeps far away points at a bounded distance', () => {
    const far: Path = { points: [[0, 0], [1e300, -1e300]], losses: [1, 1] }; // prettier-ignore
    expect(drawPaths([{ title: 'x', objective, path: far }])).not.toMatch(/\d{7}/);
  });

  it('refuses what is no panel', () => {
    expect(() => drawPaths([])).toThrow(ArgumentError);
    expect(() => drawPaths({} as never)).toThrow('drawPaths: panels must be a list of at least one panel');
    expect(() => drawPaths([null as never])).toThrow('drawPaths: a panel needs a title, got undefined');
    expect(() => drawPaths([{ ...panel, objective: {} as never }])).toThrow('a function loss(point)');
    expect(() => drawPaths([{ ...panel, path: {} as never }])).toThrow(
      'must be one of tracePath or tunePath',
    );
    expect(() => drawPaths([panel], { columns: 0 })).toThrow('columns must be a whole number of at least 1');
    expect(() => drawPaths([panel], { width: -3 })).toThrow('drawPaths: width must be');
  });
});

describe('levelSets', () => {
  it('are nested, and all of them are around the minimum', () => {
    for (const one of Object.values(pathObjectives)) {
      const [mx, my] = one.minimum!;
      const sets = levelSets(one);
      expect(sets).toHaveLength(12);
      const { x, y } = one.frame;
      const minimum: Point = [(mx - x[0]) / (x[1] - x[0]), (y[1] - my) / (y[1] - y[0])];
      const areas = sets.map((rings) => rings.reduce((sum, ring) => sum + area(ring), 0));
      areas.slice(1).forEach((smaller, i) => expect(Math.abs(smaller)).toBeLessThan(Math.abs(areas[i]!)));
      for (const rings of sets.slice(0, -2)) expect(rings.filter((ring) => holds(ring, minimum)).length % 2).toBe(1); // prettier-ignore
    }
  });

  it('have the value of their level on their outline', () => {
    // x² + y² around the middle: circles.
    const sets = levelSets({
      title: 'round',
      loss: (p) => p.square().sum(),
      start: [0, 0],
      minimum: [0, 0],
      frame: { x: [-1, 1], y: [-1, 1] },
    });
    for (const [ring] of sets.slice(2)) {
      const radii = ring!.map(([u, v]) => Math.hypot(2 * u - 1, 2 * v - 1));
      expect(Math.max(...radii) - Math.min(...radii)).toBeLessThan(0.012);
    }
  });

  it('are none where there is nothing to tell apart', () => {
    const flat = { ...pathObjectives.quadratic, loss: (p: Parameters<typeof objective.loss>[0]) => p.sum().mul(0) }; // prettier-ignore
    expect(levelSets(flat)).toEqual([]);
    expect(wellFormed(drawPaths([{ title: 'flat', objective: flat, path }]))).toBe(true);
  });
});

describe('simplify', () => {
  it.each(seeds)('leaves every point within the tolerance, and both ends (seed %i)', (seed) => {
    const wild = numbers(seed, 200);
    const line = Array.from({ length: 100 }, (_, i): Point => [i / 50, wild[i]! / 20 + Math.sin(i / 9)]);
    for (const tolerance of [0, 0.02, 0.1]) {
      const kept = simplify(line, tolerance);
      expect([kept[0], kept.at(-1)]).toEqual([line[0], line.at(-1)]);
      for (const point of line) expect(distanceTo(kept, point)).toBeLessThanOrEqual(tolerance + 1e-12);
    }
    expect(simplify(line, 0.1).length).toBeLessThan(30);
    expect(simplify(line, 10)).toHaveLength(2);
  });
});

function area(ring: readonly Point[]): number {
  return ring.reduce((sum, [x, y], i) => {
    const [u, v] = ring[(i + 1) % ring.length]!;
    return sum + (x * v - u * y) / 2;
  }, 0);
}

function holds(ring: readonly Point[], [x, y]: Point): boolean {
  return ring.reduce((inside, [ax, ay], i) => {
    const [bx, by] = ring[(i + 1) % ring.length]!;
    return ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax) ? !inside : inside;
  }, false);
}

function distanceTo(line: readonly Point[], [x, y]: Point): number {
  const each = line.slice(1).map(([bx, by], i) => {
    const [ax, ay] = line[i]!;
    const squared = (bx - ax) ** 2 + (by - ay) ** 2;
    const share = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / squared));
    return Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
  });
  return Math.min(...each);
}
