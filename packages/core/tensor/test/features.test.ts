import { expect, it } from 'vitest';
import '../src/index.js';
import type { DType } from '../src/dtype.js';
import { dtypes } from '../src/dtype.js';
import { TrellisError } from '../src/errors.js';
import { primitives } from '../src/primitives/index.js';
import type { PrimitiveName } from '../src/primitives/parameters.js';
import type { Primitive } from '../src/primitives/primitive.js';
import { bind } from '../src/trace.js';
import { generator } from './support/kernels.js';
import { samples } from './support/samples.js';

function takes(name: PrimitiveName, dtype: DType): boolean {
  try {
    const { inputs, params } = samples[name]({ random: generator(1), dtype });
    bind(name, inputs, params as never);
    return true;
  } catch (error) {
    if (error instanceof TrellisError) return false;
    throw error;
  }
}

/** Primitives whose floating point inputs, not their keys or parameters, carry the dtype. */
const keyed: readonly PrimitiveName[] = ['randomBits', 'splitKey'];

function row(name: PrimitiveName): string {
  const primitive = primitives[name] as Primitive;
  const derivative = 'notDifferentiable' in primitive ? `zero: ${primitive.notDifferentiable}` : 'yes';
  const support = dtypes.map((dtype) =>
    keyed.includes(name) ? (dtype === 'int32' ? 'yes' : '') : takes(name, dtype) ? 'yes' : '',
  );
  return `| ${[name, ...support, derivative, 'yes', 'yes', 'yes'].join(' | ')} |`;
}

it('FEATURES.md is what the primitives say (pnpm vitest run packages/core/tensor/test/features.test.ts -u writes it)', async () => {
  const names = (Object.keys(primitives) as PrimitiveName[]).sort();
  const text = [
    '# Primitives of @core/tensor',
    '',
    'Generated from the primitives’ records by `test/features.test.ts`; do not edit. Every operation of the package is composed',
    'of these, so it has every transform that they have. `jvp, vjp`: derivatives in forward and reverse mode, of any order.',
    '',
    `| primitive | ${dtypes.join(' | ')} | jvp, vjp | vmap | jit | cpu |`,
    `| --- | ${dtypes.map(() => '---').join(' | ')} | --- | --- | --- | --- |`,
    ...names.map(row),
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot('../FEATURES.md');
});
