import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ElementCode, ElementRules } from '../../src/backends/webgpu/functions/element.js';
import type { WgslFunction } from '../../src/backends/webgpu/functions/function.js';
import { specialNumbers, wgslNumber } from '../../src/backends/webgpu/functions/number.js';
import { isRowReduction, rowsKernel } from '../../src/backends/webgpu/kernels/rows.js';
import { pass } from '../../src/backends/webgpu/shader.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { TypedArray } from '../../src/dtype.js';
import { grad, logSoftmax, softmax } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import { equationsOf, fuse } from '../../src/program/fuse.js';
import { inlineCalls } from '../../src/program/inline.js';
import type { Equation, Program, Variable } from '../../src/program/program.js';
import { record } from '../../src/program/record.js';
import type { ProgramStep, RowStep } from '../../src/program/rows.js';
import { joinRows } from '../../src/program/rows.js';
import { simplify } from '../../src/program/simplify.js';
import type { Aval } from '../../src/shape.js';
import { sizeOf } from '../../src/shape.js';
import { generator, host, integer, randomHost } from '../support/kernels.js';
import { runKernel, startStream } from './device.js';
import { difference } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('fused rows on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  const binary = (operator: string) => (): ElementCode => ({ code: ([a, b]) => `(${a!} ${operator} ${b!})` });
  const call = (name: string) => (): ElementCode => ({
    code: (operands) => `${name}(${operands.join(', ')})`,
  });
  const larger: WgslFunction = {
    name: 'larger',
    code: 'fn larger(a: f32, b: f32) -> f32 { return select(b, a, a > b || a != a); }',
  };

  /** Expressions for what the functions below do, as WGSL itself computes them. */
  const rules: ElementRules = {
    add: binary('+'),
    sub: binary('-'),
    mul: binary('*'),
    div: binary('/'),
    neg: () => ({ code: ([a]) => `(-${a!})` }),
    abs: call('abs'),
    exp: call('exp'),
    log: call('log'),
    sqrt: call('sqrt'),
    maximum: () => ({ code: ([a, b]) => `larger(${a!}, ${b!})`, functions: [larger] }),
    equal: binary('=='),
    greater: binary('>'),
    isFinite: () => ({ code: ([a]) => `(abs(${a!}) <= 3.4028234e38f)` }),
    where: () => ({ code: ([condition, a, b]) => `select(${b!}, ${a!}, ${condition!})` }),
    cast: (_, { dtype }) => ({ code: ([a]) => `${dtype === 'int32' ? 'i32' : dtype === 'bool' ? 'bool' : 'f32'}(${a!})` }), // prettier-ignore
  };

  const isElementwise = ({ primitive, outputs }: Equation<Variable>): boolean =>
    primitive in rules && outputs[0]!.dtype !== 'float64';

  /** The steps of a function, and all values that it computes, by the reference kernels. */
  function recorded(f: (...xs: Tensor[]) => Tensor[], inputs: readonly HostArray[]) {
    const program: Program = simplify(inlineCalls(record('test', f, inputs.map(({ shape, dtype }): Aval => ({ shape, dtype }))).program)); // prettier-ignore
    const fused = fuse(program, new Map(), isElementwise);
    const steps = joinRows(fused, program.outputs, { elementwise: isElementwise, reduction: isRowReduction });
    const values = new Map<Variable, HostArray>(program.inputs.map((variable, i) => [variable, inputs[i]!]));
    for (const { primitive, inputs: from, outputs, params } of program.equations) {
      const results = outputs.map(({ shape, dtype }) => host(shape, dtype));
      lookupPrimitive(primitive).kernel(
        from.map((x) => values.get(x)!),
        results,
        params,
        () => undefined,
      );
      outputs.forEach((output, i) => values.set(output, results[i]!));
    }
    return { steps, values };
  }

  /** Runs the row steps of a function, each on what the reference computed before it, and compares their outputs. */
  async function check(
    f: (...xs: Tensor[]) => Tensor[],
    inputs: readonly HostArray[],
    on = stream,
    tolerance = 3e-6,
  ): Promise<readonly ProgramStep[]> {
    const { steps, values } = recorded(f, inputs);
    for (const step of steps) {
      if (step.kind !== 'rows') continue;
      const results = await runStep(
        step,
        step.inputs.map((input) => values.get(input)!.data),
        on,
      );
      step.outputs.forEach((output, i) => {
        const what = `${equationsOf(step).map(({ primitive }) => primitive).join()} ${step.rows} x ${step.length}, output ${i}`; // prettier-ignore
        expect(difference(results[i]!, values.get(output)!.data, tolerance), what).toBeUndefined();
      });
    }
    return steps;
  }

  function runStep(step: RowStep, inputs: readonly TypedArray[], on: Stream): Promise<TypedArray[]> {
    const kernel = rowsKernel(step, on.gpu.capabilities, rules);
    if (typeof kernel === 'string') throw new Error(kernel);
    const outputs = step.outputs.map(({ dtype, shape }) => ({ dtype, elements: sizeOf(shape) }));
    return runKernel(on, kernel, inputs, outputs);
  }

  const kinds = (steps: readonly ProgramStep[]): string[] => steps.map(({ kind }) => kind);

  const layerNorm = (x: Tensor, scale: Tensor, shift: Tensor): Tensor => {
    const centred = x.sub(x.mean(-1, { keepDims: true }));
    const variance = centred.mul(centred).mean(-1, { keepDims: true });
    return centred.div(variance.add(1e-5).sqrt()).mul(scale).add(shift);
  };

  describe('row steps', () => {
    it('compute softmax, layer normalisation and their gradients, of rows of every length', async () => {
      const random = generator(1);
      for (const [rows, length] of [
        [5, 2],
        [7, 10],
        [300, 3],
        [3, 64],
        [2, 257],
        [2, 1000],
        [2, 1029],
        [2, 4100],
        [1, 5003],
      ] as const) {
        // prettier-ignore
        const x = randomHost(random, [rows, length], 'float32');
        const y = randomHost(random, [rows, length], 'float32');
        const scale = randomHost(random, [length], 'float32');
        for (const f of [softmax, logSoftmax]) {
          expect(kinds(await check((t) => [f(t, -1)], [x]))).toEqual(['rows']);
          await check((t, u) => [grad((v: Tensor) => f(v, -1).mul(u).sum())(t)], [x, y], stream, 3e-5);
        }
        const steps = await check((t, a, b) => [layerNorm(t, a, b)], [x, scale, scale]);
        expect(kinds(steps)).toContain('rows');
        await check((t, a, b, u) => [grad((v: Tensor) => layerNorm(v, a, b).mul(u).sum())(t)], [x, scale, scale, y], stream, 1e-5); // prettier-ignore
      }
    });

    it('compute the cross entropy with its gradient', async () => {
      const random = generator(2);
      const x = randomHost(random, [40, 12], 'float32');
      const labels = host([40, 12], 'float32');
      for (let i = 0; i < 40; i++) labels.data[i * 12 + (i % 12)] = 1;
      const loss = (t: Tensor, u: Tensor): Tensor => logSoftmax(t, -1).mul(u).sum().neg().div(40);
      expect(kinds(await check((t, u) => [loss(t, u), grad(loss)(t, u)], [x, labels]))).toContain('rows');
    });

    it('cut long rows of which nothing depends on the reductions', async () => {
      const random = generator(3);
      for (const shape of [[100_000], [100_003], [3, 20_000], [2, 20_001]]) {
        const x = randomHost(random, shape, 'float32');
        await check((t) => [t.mul(t), t.mul(t).sum(-1), t.abs().max(-1), t.sub(1).min(-1)], [x]);
      }
    });

    it('read broadcast inputs, booleans and integers', async () => {
      const random = generator(4);
      const x = randomHost(random, [3, 4, 12], 'float32');
      const others = [[3, 1, 1], [4, 1], [12], [3, 1, 12], [4, 12], [1]].map((shape) => randomHost(random, shape, 'float32')); // prettier-ignore
      for (const other of others)
        await check((t, u) => [t.sub(t.max(-1, { keepDims: true })).add(u), t.add(u).sum(-1)], [x, other]);
      const mask = randomHost(random, [3, 4, 12], 'bool');
      const whole = randomHost(random, [3, 4, 12], 'int32');
      await check(
        (m, w) => {
          const rest = w.sub(w.max(-1, { keepDims: true }));
          return [rest, rest.greater(-3), m.cast('int32').mul(w).sum(-1), w.mul(2).prod([1, 2])];
        },
        [mask, whole],
      );
      const masked = (m: Tensor, t: Tensor): Tensor =>
        softmax(t.mul(2).add(m.cast('float32').mul(-1e30)), -1);
      await check((m, t) => [masked(m, t)], [mask, x]);
    });

    it('take more workgroups than one dimension has', async () => {
      const single = await startStream({ threads: 1 });
      const x = randomHost(generator(5), [70_000, 2], 'float32');
      await check((t) => [t.sub(t.max(-1, { keepDims: true })), t.sum(-1)], [x], single);
      single.destroy();
    });

    it('let NaN win in extremes, and pass infinities', async () => {
      for (const length of [3, 100, 2000])
        for (const at of [0, 1, length - 1]) {
          const x = host(
            [2, length],
            'float32',
            Array.from({ length: 2 * length }, (_, i) => i % 7),
          );
          x.data[at] = NaN;
          x.data[length + at] = -Infinity;
          await check((t) => [t.add(1).max(-1), t.add(1).min(-1), t.add(1).sum(-1)], [x]);
        }
    });

    it('are as random functions of rows are, on devices of several kinds', async () => {
      const devices = [stream, await startStream({ subgroups: false }), await startStream({ threads: 64, bindingBytes: 32768 })]; // prettier-ignore
      let joined = 0;
      for (let seed = 1; seed <= 45; seed++) {
        const random = generator(seed);
        const length = [2, 3, 7, 16, 33, 100, 1028][seed % 7]!;
        const rows = integer(random, 1, 9);
        const inputs = [[rows, length], [rows, 1], [length]].map((shape) =>
          randomHost(random, shape, 'float32'),
        );
        const steps = await check(rowFunction(random, 4 + (seed % 12)), inputs, devices[seed % 3], 1e-4);
        joined += kinds(steps).filter((kind) => kind === 'rows').length;
      }
      expect(joined).toBeGreaterThan(25);
      devices.slice(1).forEach((other) => {
        other.destroy();
      });
    });
  });

  /** Some function of rows: elementwise steps, reductions over the last axis, and broadcasts of what they give. */
  function rowFunction(random: () => number, count: number): (...xs: Tensor[]) => Tensor[] {
    const choices = Array.from({ length: count }, () => [random(), random(), random()] as const);
    return (...[x, row, column]) => {
      const full = [x!];
      const rows = [row!];
      for (const [what, which, other] of choices) {
        const a = full[Math.floor(which * full.length)]!;
        const r = rows[Math.floor(other * rows.length)]!;
        if (what < 0.3)
          rows.push(a[(['sum', 'max', 'min', 'mean'] as const)[Math.floor(other * 4)]!](-1, { keepDims: true }).mul(0.1)); // prettier-ignore
        else if (what < 0.4) rows.push(r.mul(0.5).add(rows[0]!));
        else if (what < 0.6) full.push(a.sub(r));
        else if (what < 0.75) full.push(a.abs().add(1).div(r.abs().add(1)));
        else if (what < 0.85) full.push(a.add(column!));
        else full.push(a.abs().neg().exp());
      }
      return [full.at(-1)!, rows.at(-1)!, full[Math.floor(full.length / 2)]!];
    };
  }

  it('writes numbers as WGSL', async () => {
    const floats = [
      0,
      -0,
      1,
      -1.5,
      0.1,
      1e-45,
      3.4028234663852886e38,
      1e300,
      -Infinity,
      NaN,
      1e21,
      2 ** -126,
    ];
    const integers = [0, -1, 2 ** 31 - 1, -(2 ** 31)];
    const lines = [
      ...floats.map((value, i) => `y_set(${i}u, bitcast<i32>(1f * ${wgslNumber(value, 'float32')}));`),
      ...integers.map((value, i) => `y_set(${floats.length + i}u, zero -${wgslNumber(value, 'int32')});`),
    ];
    const kernel = {
      passes: [
        pass({
          label: 'numbers',
          capabilities: stream.gpu.capabilities,
          arrays: [{ name: 'y', array: 0, dtype: 'int32', elements: lines.length, access: 'write' }],
          size: 1,
          groups: 1,
          declarations: specialNumbers.code,
          main: ['var zero = 0i;', ...lines].join('\n'),
        }),
      ],
    };
    const [got] = await runKernel(stream, kernel, [], [{ dtype: 'int32', elements: lines.length }]);
    expect(new Float32Array((got as Int32Array).buffer).slice(0, floats.length)).toEqual(Float32Array.from(floats)); // prettier-ignore
    expect([...got!].slice(floats.length)).toEqual(integers.map((value) => (0 - value) | 0));
  });
});
