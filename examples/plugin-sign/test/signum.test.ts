import { tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { signum } from '../src/index.js';

describe('signum', () => {
  it('steps by the sign of the running mean', () => {
    const optimizer = signum({ learningRate: 0.1, momentum: 0.5 });
    const params = { x: tensor([1, 1, 1], { dtype: 'float64' }) };
    const first = optimizer.update(
      { x: tensor([4, -2, 0], { dtype: 'float64' }) },
      optimizer.init(params),
      params,
    );
    expect((first.updates as typeof params).x.toArray()).toEqual([-0.1, 0.1, -0]);
    // The mean is [2, -1, 0] now; half of it and half of the new gradient is [0.5, 0.5, -1].
    const second = optimizer.update({ x: tensor([-1, 2, -2], { dtype: 'float64' }) }, first.state, params);
    expect((second.updates as typeof params).x.toArray()).toEqual([-0.1, -0.1, 0.1]);
    expect(second.state.count.item()).toBe(2);
  });

  it('takes a schedule, and keeps the dtype of the parameters', () => {
    const optimizer = signum({
      learningRate: (count) => (typeof count === 'number' ? count + 1 : count.add(1)),
    });
    const params = { x: tensor([1]) };
    const { updates } = optimizer.update({ x: tensor([3]) }, optimizer.init(params), params);
    expect((updates as typeof params).x.dtype).toBe('float32');
    expect((updates as typeof params).x.toArray()).toEqual([-1]);
  });

  it.each([
    [{ learningRate: -1 }, 'signum: learningRate is -1; it is 0 or more'],
    [{ learningRate: NaN }, 'signum: learningRate is NaN; it is 0 or more'],
    [{ momentum: 1 }, 'signum: momentum is 1; it is from 0 to below 1'],
  ])('refuses %j', (options, message) => {
    expect(() => signum(options)).toThrow(message);
  });
});
