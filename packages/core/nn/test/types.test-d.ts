import type { Tensor, Tree } from '@core/tensor';
import { random } from '@core/tensor';
import { describe, expectTypeOf, test } from 'vitest';
import { batchNormalization, convolution2d, dense, flatten, sequential } from '../src/index.js';
import type { BatchNormState, Empty, Layer, ParamsOf, StateOf } from '../src/index.js';

const model = sequential({
  conv: convolution2d(4, 3),
  norm: batchNormalization(),
  flat: flatten(),
  out: dense(2),
});

describe('types of layers', () => {
  test('a sequence has the parameters and the state of its layers under their names', () => {
    type Params = ParamsOf<typeof model>;
    expectTypeOf<Params['conv']['weight']>().toEqualTypeOf<Tensor>();
    expectTypeOf<Params['out']['bias']>().toEqualTypeOf<Tensor | undefined>();
    expectTypeOf<StateOf<typeof model>['norm']>().toEqualTypeOf<BatchNormState>();
    expectTypeOf<StateOf<typeof model>['out']>().toEqualTypeOf<Empty>();
    const { params } = model.init(random.key(0), [1, 8, 8]);
    expectTypeOf(params).toEqualTypeOf<Params>();
    // @ts-expect-error there is no layer of that name
    void params.output;
  });

  test('every layer is a layer of trees, and an array of layers a layer too', () => {
    expectTypeOf(model).toExtend<Layer>();
    expectTypeOf(sequential([dense(2), flatten()])).toEqualTypeOf<
      Layer<Record<string, Tree>, Record<string, Tree>>
    >();
  });

  test('options are checked', () => {
    // @ts-expect-error a misspelt option
    dense(2, { biass: false });
    // @ts-expect-error a misspelt padding
    convolution2d(2, 3, { padding: 'smae' });
  });
});
