import { contours } from 'd3-contour';
import { tensor, vmap, type Tensor } from '@core/tensor';
import { scalarDType } from '../math.js';
import type { PathObjective, Point } from './objectives.js';
import { simplify } from './simplify.js';

/** Points of the grid along each side of a frame. */
const side = 96;

/** Sets { f <= level } of a picture. */
const count = 12;

/**
 * The sets where f is at most a level, for levels whose distances from the minimum grow by one factor, the largest set first.
 * A set is a list of rings (outlines, and outlines of holes), in units of the frame: [0, 1] along both axes, y downwards.
 */
export function levelSets(objective: PathObjective): readonly (readonly (readonly Point[])[])[] {
  const { x, y } = objective.frame;
  // Values belong to the middles of the grid's cells; the cells' corners span the frame.
  const middle = (from: number, to: number, i: number): number => from + ((to - from) * (i + 0.5)) / side;
  const grid = Array.from({ length: side * side }, (_, i): Point => [
    middle(...x, i % side),
    middle(y[1], y[0], Math.floor(i / side)),
  ]);
  const values = Array.from(
    vmap((point: Tensor) => objective.loss(point))(tensor(grid.map((point) => [...point]), { dtype: scalarDType() })).dataSync(), // prettier-ignore
    Number,
  ).map((value) => (Number.isFinite(value) ? value : Number.MAX_VALUE));
  const least =
    objective.minimum === undefined
      ? Math.min(...values)
      : objective.loss(tensor([...objective.minimum], { dtype: scalarDType() })).item();
  const ordered = values.map((value) => value - least).sort((a, b) => a - b);
  // From the innermost cells to all but the corners.
  const [low, high] = [quantile(ordered, 0.008), quantile(ordered, 0.97)];
  if (!(low > 0 && high > low && Number.isFinite(high))) return [];
  const levels = Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1))).reverse();
  // Logarithms, as they are nearly linear between neighbours where f is not; negative, as sets lie above a threshold there.
  const heights = values.map((value) => -Math.log(Math.max(value - least, low / 100)));
  return contours()
    .size([side, side])
    .thresholds(levels.map((level) => -Math.log(level)))(heights)
    .map(({ coordinates }) =>
      coordinates
        .flat()
        .map((ring) =>
          simplify(
            ring.map(([u = 0, v = 0]): Point => [u / side, v / side]),
            0.0012,
          ),
        )
        .filter((ring) => ring.length > 3),
    );
}

function quantile(ordered: readonly number[], share: number): number {
  return ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))] ?? NaN;
}
