import { atLeastOne, checkOptions, positive, show, type Rule } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import { levelSets } from './contours.js';
import { checkObjective, type PathObjective, type Point } from './objectives.js';
import { simplify } from './simplify.js';
import { circle, colours, cross, escaped, lineThrough, unit, words } from './svg.js';
import type { Path } from './trace.js';

/** One picture of a figure. */
export interface PathPanel {
  readonly title: string;
  readonly objective: PathObjective;
  readonly path: Path;
}

export interface DrawPathsOptions {
  /** What stands above all panels. Default nothing. */
  readonly title?: string;
  /** Panels side by side. Default 2, or 1 for one panel. */
  readonly columns?: number;
  /** Width of a panel in pixels; below 240 signs and letters are smaller. Default 360. */
  readonly width?: number;
}

/** Lengths of a figure, in units. */
interface Sizes {
  readonly width: number;
  readonly small: boolean;
  readonly font: number;
  /** Between panels, and around all of them. */
  readonly gap: number;
  /** Of the two lines above a panel. */
  readonly head: number;
}

const text: Rule = { words: 'a text', holds: (value) => typeof value === 'string' };

/**
 * Paths as a picture (SVG): each over sets of its objective's levels, with a ring at the start, a dot at the end, a cross at the
 * minimum and small dots after every so many steps. Panels of one objective share its levels, so that many of them stay small.
 * It suits light and dark pages.
 *
 * ```ts
 * const path = tunePath(adam(), pathObjectives.rosenbrock);
 * await writeFile('adam.svg', drawPaths([{ title: 'Adam', objective: pathObjectives.rosenbrock, path }]));
 * ```
 *
 * @throws ArgumentError
 */
export function drawPaths(panels: readonly PathPanel[], options: DrawPathsOptions = {}): string {
  const owner = 'drawPaths';
  checkOptions(owner, options, { title: text, columns: atLeastOne, width: positive });
  checkPanels(owner, panels);
  const { title, columns = Math.min(2, panels.length), width = 360 } = options;
  const small = width < 240;
  const font = (small ? 10 : 13) * unit;
  const sizes: Sizes = { width: Math.round(width * unit), small, font, gap: (small ? 10 : 16) * unit, head: Math.round(2.9 * font) }; // prettier-ignore

  const objectives = [...new Set(panels.map(({ objective }) => objective))];
  const heights = objectives.map(({ frame: { x, y } }) => Math.round((sizes.width * (y[1] - y[0])) / (x[1] - x[0]))); // prettier-ignore
  const top = title === undefined ? 0 : 34 * unit;
  const pitch = { x: sizes.width + sizes.gap, y: sizes.head + Math.max(...heights) + sizes.gap };
  const whole = {
    width: sizes.gap + columns * pitch.x,
    height: top + Math.ceil(panels.length / columns) * pitch.y + 24 * unit,
  };
  const backgrounds = objectives.map((objective, i) => background(objective, i, sizes, heights[i] ?? 0));
  const drawn = panels.map((panel, i) => {
    const which = objectives.indexOf(panel.objective);
    const [left, above] = [sizes.gap + (i % columns) * pitch.x, top + Math.floor(i / columns) * pitch.y];
    return (
      `<g transform="translate(${left} ${above})">` +
      words(panel.title, 'ink', `y="${Math.round(1.3 * font)}" font-weight="600"`) +
      words(summary(panel, small), 'soft', `y="${Math.round(2.45 * font)}"`) +
      `<g transform="translate(0 ${sizes.head})"><use href="#o${which}"/>` +
      `${walk(panel, which, sizes, heights[which] ?? 0)}</g></g>`
    );
  });
  const said = title ?? panels.map((panel) => `${panel.title}: ${summary(panel, false)}`).join('; ');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole.width} ${whole.height}" width="${whole.width / unit}" ` +
    `height="${whole.height / unit}" role="img" font-family="system-ui,sans-serif" font-size="${font}">` +
    `<title>${escaped(said)}</title>${colours}<rect class="paper" width="100%" height="100%"/>` +
    (title === undefined
      ? ''
      : words(title, 'ink', `x="${sizes.gap}" y="${25 * unit}" font-size="${17 * unit}" font-weight="600"`)) + // prettier-ignore
    `<defs>${backgrounds.join('')}</defs>${drawn.join('')}` +
    `${words(key(panels), 'soft', `x="${sizes.gap}" y="${whole.height - 10 * unit}" font-size="${11 * unit}"`)}</svg>\n`
  );
}

function checkPanels(owner: string, panels: unknown): void {
  if (!Array.isArray(panels) || panels.length === 0)
    throw new ArgumentError(`${owner}: panels must be a list of at least one panel, got ${show(panels)}`);
  for (const panel of panels as readonly unknown[]) {
    const { title, objective, path } = (panel ?? {}) as Partial<PathPanel>;
    if (typeof title !== 'string')
      throw new ArgumentError(`${owner}: a panel needs a title, got ${show(title)}`);
    checkObjective(owner, objective);
    if (!Array.isArray(path?.points) || path.points.length === 0 || !Array.isArray(path.losses))
      throw new ArgumentError(`${owner}: the path of ${title} must be one of tracePath or tunePath`);
  }
}

/** What all panels of an objective have: its levels, its minimum, an edge; and where paths are cut off. */
function background(objective: PathObjective, i: number, { width, small }: Sizes, height: number): string {
  const at = place({ x: [0, 1], y: [1, 0] }, width, height); // levels have y downwards
  const outline = (ring: readonly Point[]): string => `${lineThrough(ring.map(at))}z`;
  const sets = levelSets(objective).map((rings) => `<path d="${rings.map(outline).join('')}"/>`);
  const { minimum, frame } = objective;
  const least =
    minimum === undefined ? '' : cross(place(frame, width, height)(minimum), (small ? 4 : 6) * unit);
  const box = `width="${width}" height="${height}"`;
  return (
    `<clipPath id="c${i}"><rect ${box}/></clipPath>` +
    `<g id="o${i}"><g class="level" fill-opacity=".085" fill-rule="evenodd">${sets.join('')}</g>${least}` +
    `<rect ${box} fill="none" class="edge" stroke-opacity=".4" stroke-width="${unit}"/></g>`
  );
}

/** From the frame to the panel; y upwards. */
function place({ x, y }: PathObjective['frame'], width: number, height: number): (point: Point) => Point {
  return ([px, py]) => [
    Math.round(((px - x[0]) / (x[1] - x[0])) * width),
    Math.round(((y[1] - py) / (y[1] - y[0])) * height),
  ];
}

function walk(
  { objective, path }: PathPanel,
  which: number,
  { width, small }: Sizes,
  height: number,
): string {
  const at = place(objective.frame, width, height);
  // Far away points would only make numbers long; what is beyond the frame is cut off anyway.
  const bounded = (value: number, length: number): number =>
    Math.min(3 * length, Math.max(-2 * length, value));
  const lost = path.points.findIndex(([x, y]) => !Number.isFinite(x) || !Number.isFinite(y));
  const points = (lost < 0 ? path.points : path.points.slice(0, lost)).map((point): Point => {
    const [x, y] = at(point);
    return [bounded(x, width), bounded(y, height)];
  });
  const every = stride(path.points.length - 1);
  const dots = points.filter((_, i) => i > 0 && i % every === 0 && i < points.length - 1);
  const radius = unit * (small ? 1.3 : 2);
  const [start, end] = [points[0], points.at(-1)];
  const line = `<path d="${lineThrough(simplify(points, 3))}" class="path" fill="none" stroke-width="${unit * (small ? 1 : 1.4)}" stroke-linejoin="round"/>`;
  const signs = `<path d="${distinct(dots).map(([x, y]) => `M${x} ${y}h0`).join('')}" class="path" stroke-width="${2 * radius}" stroke-linecap="round"/>`; // prettier-ignore
  return (
    `<g clip-path="url(#c${which})">${line}${dots.length === 0 ? '' : signs}` +
    (end === undefined || lost >= 0 ? '' : circle(end, 2.2 * radius, 'dot')) +
    (start === undefined ? '' : circle(start, 2.2 * radius, 'ring', ` stroke-width="${1.6 * unit}"`)) +
    '</g>'
  );
}

/** Steps from one small dot to the next: at most thirty of them. */
function stride(steps: number): number {
  const rough = Math.max(steps / 30, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= rough) ?? 1;
}

/** Dots that would lie on each other are one. */
function distinct(points: readonly Point[]): readonly Point[] {
  return points.filter(([x, y], i) => points.findIndex(([u, v]) => Math.hypot(x - u, y - v) < unit) === i);
}

/** What is said below a panel's title. */
function summary({ path: { losses, learningRate }, objective }: PathPanel, small: boolean): string {
  const last = losses.at(-1) ?? NaN;
  const end = Number.isFinite(last) ? brief(last) : 'lost';
  const rate = learningRate === undefined ? [] : [`rate ${learningRate}`];
  return small
    ? [...rate, `f ${end}`].join(', ')
    : [objective.title, ...rate, `${losses.length - 1} steps`, `f ${end}`].join(', ');
}

function brief(value: number): string {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4)
    ? value.toExponential(0)
    : String(Number(value.toPrecision(2)));
}

/** What the signs mean. */
function key(panels: readonly PathPanel[]): string {
  const [each, ...others] = new Set(panels.map(({ path }) => stride(path.points.length - 1)));
  const dots = others.length > 0 ? '' : `, a small dot every ${each === 1 ? 'step' : `${each} steps`}`;
  const least = panels.some(({ objective }) => objective.minimum !== undefined) ? ', ✕ minimum' : '';
  return `○ start, ● end${least}${dots}`;
}
