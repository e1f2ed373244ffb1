import { random, tree } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  activation,
  batchNormalization,
  dense,
  dropoutLayer,
  flatten,
  residual,
  sequential,
  stateless,
} from '../src/index.js';
import { distance, expectClose, expectError, normal } from './support/checks.js';

const key = random.key(1);
const dtype = { dtype: 'float64' } as const;

describe('sequential', () => {
  it('does one layer after the other, nested too', () => {
    const model = sequential({
      first: sequential([dense(4), activation('relu')]),
      second: dense(2),
    });
    const { params, state, outputShape } = model.init(key, [3], dtype);
    expect(outputShape).toEqual([2]);
    expect(tree.paths(params)).toEqual(['first.0.bias', 'first.0.weight', 'second.bias', 'second.weight']);
    const x = normal(1, [5, 3]);
    const first = params.first as { 0: Parameters<ReturnType<typeof dense>['apply']>[0] };
    const hidden = dense(4).apply(first[0], {}, x).output.relu();
    expectClose(model.apply(params, state, x).output, dense(2).apply(params.second, {}, hidden).output);
  });

  it('hands every layer its own key, and the same keys for the same key', () => {
    const model = sequential({ a: dropoutLayer(0.5), b: dropoutLayer(0.5) });
    const keys: Tensor[] = [];
    const spy = stateless((x, options) => {
      keys.push(options.key!);
      return x;
    });
    sequential([spy, spy]).apply({}, {}, normal(1, [2]), { train: true, key });
    expect(distance(keys[0]!, keys[1]!)).toBeGreaterThan(0);
    const run = () =>
      model.apply({ a: {}, b: {} }, { a: {}, b: {} }, normal(1, [9]), { train: true, key }).output;
    expect(distance(run(), run())).toBe(0);
  });

  it('passes the new state of each layer on', () => {
    const model = sequential({ norm: batchNormalization({ momentum: 1 }), out: dense(2) });
    const { params, state } = model.init(key, [3], dtype);
    const x = normal(1, [5, 3]);
    const after = model.apply(params, state, x, { train: true }).state;
    expectClose(after.norm.mean, x.mean(0));
    expect(state.norm.mean.toArray()).toEqual([0, 0, 0]);
  });

  it('takes trees without the entries of layers that have no parameters, as files hold them', () => {
    const model = sequential({ flat: flatten(), out: dense(2) });
    const { params, state } = model.init(key, [3, 2], dtype);
    const x = normal(1, [4, 3, 2]);
    const { out } = params;
    // What a file gives back: names of tensors only.
    const read = { out } as typeof params;
    expectClose(model.apply(read, {} as typeof state, x).output, model.apply(params, state, x).output);
  });

  it('refuses no layers, and layers that do not fit', () => {
    expectError(() => sequential([]), 'ARGUMENT', 'sequential: needs at least one layer');
    expectError(() => sequential({}), 'ARGUMENT', 'sequential: needs at least one layer');
    for (const name of ['', 'a.b', '7'])
      expectError(
        () => sequential({ [name]: dense(2) }),
        'ARGUMENT',
        `sequential: '${name}' cannot name a layer`,
      );
    const model = sequential({ a: dense(2), b: dense(2) });
    const { params, state } = model.init(key, [3]);
    const { a } = params;
    expectError(
      () => model.apply({ a } as typeof params, state, normal(1, [4, 3])),
      'ARGUMENT',
      'dense: got no',
    );
    expectError(() => sequential([dense(2), residual(dense(3))]).init(key, [4]), 'SHAPE', 'residual:');
  });
});

describe('residual', () => {
  it('adds the input', () => {
    const layer = residual(dense(3));
    const { params, state } = layer.init(key, [3], dtype);
    const x = normal(1, [2, 3]);
    expectClose(layer.apply(params, state, x).output, dense(3).apply(params, {}, x).output.add(x));
  });

  it('refuses a layer that changes the shape', () => {
    expectError(
      () => residual(dense(2)).init(key, [3]),
      'SHAPE',
      'residual: the layer turns [3] into [2]; it must keep the shape',
    );
  });
});
