import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError, grad, type Tensor, type TrellisError } from '@core/tensor';
import {
  adam,
  applyUpdates,
  evaluationParams,
  lbfgs,
  scheduleFreeSgd,
  sgd,
  type Optimizer,
} from '../../src/index.js';
import { pathObjectives, tracePath, tunePath, type PathObjective } from '../../src/paths.js';
import { f64 } from '../support.js';

/** ½ (x² + 9 y²) */
const bowl: PathObjective = {
  title: 'a bowl',
  loss: (point) => point.square().mul(f64([1, 9])).sum().mul(0.5), // prettier-ignore
  start: [2, 1],
  minimum: [0, 0],
  frame: { x: [-3, 3], y: [-2, 2] },
};

const descent = sgd({ learningRate: 0.1 });

describe('tracePath', () => {
  it('follows gradient descent on a quadratic along its closed form', () => {
    const { points, losses, learningRate } = tracePath(descent, bowl, { steps: 40 });
    expect(points).toHaveLength(41);
    expect(learningRate).toBeUndefined();
    points.forEach(([x, y], k) => {
      // Each coordinate is multiplied by 1 - rate · curvature.
      expect(x).toBeCloseTo(2 * 0.9 ** k, 12);
      expect(y).toBeCloseTo(0.1 ** k, 12);
      expect(losses[k]).toBeCloseTo((x * x + 9 * y * y) / 2, 12);
    });
  });

  it('follows it along the turned axes of the documentation’s quadratic', () => {
    const rate = 0.03;
    const { points } = tracePath(descent, pathObjectives.quadratic, { steps: 50, learningRate: rate });
    const turned = ([x, y]: readonly [number, number]): readonly [number, number] => {
      const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
      return [(x - 1) * c + (y - 0.5) * s, (y - 0.5) * c - (x - 1) * s];
    };
    const [u, v] = turned(pathObjectives.quadratic.start);
    points.map(turned).forEach(([uk, vk], k) => {
      expect(uk).toBeCloseTo(u * (1 - rate) ** k, 12);
      expect(vk).toBeCloseTo(v * (1 - 50 * rate) ** k, 12);
    });
  });

  it('takes the steps that the optimizer takes on a 1 × 2 matrix', () => {
    const optimizer = adam({ learningRate: 0.05 });
    const { points } = tracePath(optimizer, pathObjectives.rosenbrock, { steps: 20 });
    const loss = (params: Tensor): Tensor => pathObjectives.rosenbrock.loss(params.reshape([2]));
    let params = f64([[...pathObjectives.rosenbrock.start]]);
    let state = optimizer.init(params);
    for (const [x, y] of points.slice(1)) {
      const next = optimizer.update(grad(loss)(params), state, params);
      params = applyUpdates(params, next.updates as Tensor);
      state = next.state;
      expect([x, y]).toEqual(Array.from(params.dataSync()));
    }
  });

  it('takes another rate than the optimizer was made with', () => {
    const other = tracePath(adam({ learningRate: 7 }), bowl, { steps: 5, learningRate: 0.2 });
    expect(other).toEqual({
      ...tracePath(adam({ learningRate: 0.2 }), bowl, { steps: 5 }),
      learningRate: 0.2,
    });
  });

  it('is where a schedule-free optimizer is evaluated', () => {
    const optimizer = scheduleFreeSgd({ learningRate: 0.1, momentum: 0.5 });
    const { points } = tracePath(optimizer, bowl, { steps: 2 });
    let y = f64([[...bowl.start]]);
    let state = optimizer.init(y);
    for (const point of points.slice(1)) {
      const next = optimizer.update(grad((p: Tensor) => bowl.loss(p.reshape([2])))(y), state, y);
      y = applyUpdates(y, next.updates as Tensor);
      state = next.state;
      expect(point[0]).toBeCloseTo(Number(evaluationParams(state, y).dataSync()[0]), 12);
    }
    expect(points[2]?.[0]).not.toBeCloseTo(Number(y.dataSync()[0]), 3);
  });

  it('goes on where numbers end', () => {
    const { points, losses } = tracePath(descent, bowl, { steps: 400, learningRate: 100 });
    expect(points).toHaveLength(401);
    expect(losses.at(-1)).not.toBeLessThan(Infinity);
  });
});

describe('tunePath', () => {
  it('takes the rate whose last losses are smallest', () => {
    // 2 / (1 + 9) is the best rate of all; from 2 / 9 on paths lead away.
    const learningRates = [0.05, 0.1, 0.2, 0.21, 0.23];
    const best = tunePath(descent, bowl, { learningRates, steps: 60 });
    expect(best.learningRate).toBe(0.2);
    expect(best).toEqual(tracePath(descent, bowl, { learningRate: 0.2, steps: 60 }));
  });

  it('leaves out rates that leave the frame, unless all do', () => {
    // The first step goes to x = 2 (1 - rate), y = 1 - 9 rate.
    const narrow = { ...bowl, frame: { ...bowl.frame, y: [-0.5, 1.5] as const } };
    const learningRates = [0.02, 0.2];
    expect(tunePath(descent, bowl, { learningRates, steps: 30 }).learningRate).toBe(0.2);
    expect(tunePath(descent, narrow, { learningRates, steps: 30 }).learningRate).toBe(0.02);
    expect(tunePath(descent, narrow, { learningRates: [0.2], steps: 30 }).learningRate).toBe(0.2);
  });

  it('refuses rates that all lead away', () => {
    expect(() => tunePath(descent, bowl, { learningRates: [100, 200], steps: 400 })).toThrow(
      'tunePath: every rate of 100, 200 leads away',
    );
  });
});

describe('bad input', () => {
  const cases: readonly (readonly [() => unknown, new (...args: never[]) => TrellisError, RegExp])[] = [
    [() => tracePath(lbfgs() as never, bowl), ArgumentError, /tracePath: the optimizer must be an optimizer or transform/],
    [() => tracePath(descent, {} as never), ArgumentError, /the objective must have a function loss\(point\)/],
    [() => tracePath(descent, { ...bowl, start: [1] as never }), ArgumentError, /start and minimum must be points/],
    [() => tracePath(descent, { ...bowl, start: [NaN, 1] }), ArgumentError, /start and minimum must be points/],
    [() => tracePath(descent, { ...bowl, frame: { x: [1, 1], y: [0, 1] } }), ArgumentError, /the objective's frame must be/],
    [() => tracePath(descent, { ...bowl, loss: (p) => p }), ShapeError, /loss must be a scalar tensor, got a float64\[2\]/],
    [() => tracePath(descent, { ...bowl, loss: () => 3 as never }), ShapeError, /loss must be a scalar tensor, got 3/],
    [() => tracePath(descent, bowl, { steps: 0 }), ArgumentError, /tracePath: steps must be a whole number of at least 1, got 0/],
    [() => tracePath(descent, bowl, { learningRate: NaN }), ArgumentError, /tracePath: learningRate must be/],
    [() => tracePath(descent, bowl, { rate: 1 } as never), ArgumentError, /there is no option rate; there are steps, learningRate/],
    [() => tracePath(sgd({ learningRate: () => 0.1 }), bowl, { learningRate: 1 }), ArgumentError, /holds no learningRate/],
    [() => tunePath(descent, bowl, { learningRates: [] }), ArgumentError, /tunePath: learningRates must be a list of rates/],
    [() => tunePath(descent, bowl, { learningRates: [0.1, -1] }), ArgumentError, /each learning rate must be .* got -1/],
    [() => tunePath(undefined as unknown as Optimizer, bowl), ArgumentError, /got undefined/],
  ]; // prettier-ignore

  it.each(cases)('%s', (make, kind, message) => {
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });
});
