import { finite, show } from '@core/registry/checks';
import { ArgumentError, type Tensor } from '@core/tensor';

export type Point = readonly [x: number, y: number];

/** A function of two numbers for an optimizer to walk down, and what a picture of it shows. */
export interface PathObjective {
  readonly title: string;
  /** f at a point, a tensor of shape [2], as a scalar. It is traced, differentiated and batched. */
  loss(point: Tensor): Tensor;
  /** Where paths begin. */
  readonly start: Point;
  /** Where f is smallest, if that is a point. */
  readonly minimum?: Point;
  /** The part of the plane that pictures show: the smallest and the largest x, and so for y. */
  readonly frame: { readonly x: Point; readonly y: Point };
}

/** (1 - x)² + 100 (y - x²)²: into a bent valley, and along its nearly level floor. Source: Rosenbrock 1960, eq. 2. */
const rosenbrock: PathObjective = {
  title: 'Rosenbrock',
  loss: (point) => {
    const x = point.at(0);
    const y = point.at(1);
    return x.sub(1).square().add(y.sub(x.square()).square().mul(100));
  },
  start: [-1.2, 1],
  minimum: [1, 1],
  frame: { x: [-1.75, 1.75], y: [-0.9, 1.9] },
};

/** Cosine and sine of 30°. */
const [c, s] = [Math.sqrt(3) / 2, 1 / 2];

/**
 * ½ (u² + 50 v²) with u and v the distances from (1, ½) along axes turned by 30°: steep one way and flat the other, and neither
 * way along the coordinates, so that rules that scale each coordinate have no advantage.
 */
const quadratic: PathObjective = {
  title: 'Quadratic, condition 50',
  loss: (point) => {
    const x = point.at(0).sub(1);
    const y = point.at(1).sub(0.5);
    const u = x.mul(c).add(y.mul(s));
    const v = y.mul(c).sub(x.mul(s));
    return u.square().add(v.square().mul(50)).mul(0.5);
  },
  start: [-1.5, 0.5],
  minimum: [1, 0.5],
  frame: { x: [-2.1, 2.1], y: [-1.46, 1.9] },
};

/** The functions that the pictures of the documentation are drawn on. */
export const pathObjectives = { rosenbrock, quadratic } as const;

/** @throws ArgumentError unless it is a whole objective */
export function checkObjective(owner: string, objective: unknown): void {
  const { loss, start, minimum, frame } = (objective ?? {}) as Partial<PathObjective>;
  const isPoint = (value: unknown): boolean =>
    Array.isArray(value) && value.length === 2 && value.every(finite.holds);
  const isRange = (value: unknown): boolean =>
    isPoint(value) && (value as [number, number])[0] < (value as [number, number])[1];
  if (typeof loss !== 'function')
    throw new ArgumentError(
      `${owner}: the objective must have a function loss(point), got ${show(objective)}`,
    );
  if (!isPoint(start) || (minimum !== undefined && !isPoint(minimum)))
    throw new ArgumentError(`${owner}: the objective's start and minimum must be points [x, y]`);
  if (!isRange(frame?.x) || !isRange(frame?.y))
    throw new ArgumentError(`${owner}: the objective's frame must be { x: [from, to], y: [from, to] }`);
}
