import { expect, it } from 'vitest';
import '../src/index.js';
import { createDevice } from '../src/backends/tfjs/device.js';
import type { Device } from '../src/backends/tfjs/device.js';
import { ruleFor } from '../src/backends/tfjs/kernels.js';
import { loadEngine } from '../src/backends/tfjs/load.js';
import type { Capabilities } from '../src/backends/webgpu/kernel.js';
import { kernelOf } from '../src/backends/webgpu/kernels/index.js';
import type { DType } from '../src/dtype.js';
import { dtypes } from '../src/dtype.js';
import { TrellisError } from '../src/errors.js';
import { primitives } from '../src/primitives/index.js';
import type { PrimitiveName } from '../src/primitives/parameters.js';
import type { Primitive } from '../src/primitives/primitive.js';
import { problemOf } from '../src/problems.js';
import type { Equation } from '../src/program/program.js';
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

/** They run what they carry. */
const control: readonly PrimitiveName[] = ['jit', 'checkpoint', 'cond', 'customVjp', 'scan'];
/** What WebGPU promises of any device. */
const device: Capabilities = {
  subgroups: false,
  f16: false,
  bindingBytes: 2 ** 27,
  storageBindings: 8,
  workgroupBytes: 16384,
  threads: 256,
};

function problem(name: PrimitiveName): Equation {
  const dtype = dtypes.find((each) => each !== 'float64' && takes(name, each))!;
  const { inputs, params } = samples[name]({ random: generator(1), dtype });
  const given = name === 'cast' ? { dtype: 'int32' } : params;
  return problemOf(primitives[name] as unknown as Primitive<'add'>, inputs, given as never);
}

/** Where the other backends compute it. */
function places(name: PrimitiveName, engines: readonly Device[]): string[] {
  if (control.includes(name)) return ['GPU', ...engines.map(() => 'yes')];
  const equation = problem(name);
  const isAlias = (primitives[name] as Primitive).aliases === true;
  return [
    isAlias || typeof kernelOf(equation, device) !== 'string' ? 'GPU' : 'host',
    ...engines.map((engine) => (typeof ruleFor(equation, engine) === 'string' ? 'host' : 'yes')),
  ];
}

function row(name: PrimitiveName, engines: readonly Device[]): string {
  const primitive = primitives[name] as Primitive;
  const derivative = 'notDifferentiable' in primitive ? `zero: ${primitive.notDifferentiable}` : 'yes';
  const support = dtypes.map((dtype) =>
    keyed.includes(name) ? (dtype === 'int32' ? 'yes' : '') : takes(name, dtype) ? 'yes' : '',
  );
  return `| ${[name, ...support, derivative, 'yes', 'yes', 'yes', ...places(name, engines)].join(' | ')} |`;
}

it('FEATURES.md is what the primitives say (pnpm vitest run packages/core/tensor/test/features.test.ts -u writes it)', async () => {
  const names = (Object.keys(primitives) as PrimitiveName[]).sort();
  const engines = [
    createDevice(await loadEngine({ package: 'wasm' })),
    createDevice(await loadEngine({ package: 'cpu' })),
  ];
  const text = [
    '# Primitives of @core/tensor',
    '',
    'Generated from the primitives’ records by `test/features.test.ts`; do not edit. Every operation of the package is composed',
    'of these, so it has every transform that they have. `jvp, vjp`: derivatives in forward and reverse mode, of any order.',
    'The last columns: where each backend computes it. What `webgpu` and `tfjs` leave to the host works all the same; both have',
    'float32, int32 and bool, and no float64.',
    '',
    `| primitive | ${dtypes.join(' | ')} | jvp, vjp | vmap | jit | cpu | webgpu | tfjs wasm | tfjs cpu |`,
    `| --- | ${dtypes.map(() => '---').join(' | ')} | --- | --- | --- | --- | --- | --- | --- |`,
    ...names.map((name) => row(name, engines)),
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot('../FEATURES.md');
});
