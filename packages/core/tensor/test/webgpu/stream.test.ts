import { describe, expect, it } from 'vitest';
import { pass } from '../../src/backends/webgpu/shader.js';
import { IndexError } from '../../src/errors.js';
import { runKernel, startStream } from './device.js';
import { deviceIsMissing } from './swiftShader.js';

const numbers = Float32Array.from({ length: 1000 }, (_, i) => i / 7);

describe.skipIf(await deviceIsMissing())('a stream of work', () => {
  it('runs a shader, also where arrays are shown through several bindings', async () => {
    for (const bindingBytes of [2 ** 27, 1024]) {
      const stream = await startStream({ bindingBytes });
      const double = pass({
        label: 'double',
        capabilities: stream.gpu.capabilities,
        size: 64,
        groups: Math.ceil(1000 / 64),
        arrays: [
          { name: 'x', array: 0, dtype: 'float32', elements: 1000, access: 'read' },
          { name: 'y', array: 1, dtype: 'float32', elements: 1000, access: 'write' },
        ],
        main: 'if (thread < y_length()) { y_set(thread, 2.0 * x_get(thread)); }',
      });
      const [y] = await runKernel(stream, { passes: [double] }, [numbers], [{ dtype: 'float32', elements: 1000 }]); // prettier-ignore
      expect(y).toEqual(numbers.map((x) => 2 * x));
      stream.destroy();
    }
  });

  it('throws what a shader raised at the next read, and goes on', async () => {
    const stream = await startStream();
    const make = (limit: number) => ({
      passes: [
        pass({
          label: 'check',
          capabilities: stream.gpu.capabilities,
          size: 64,
          groups: 1,
          arrays: [
            { name: 'x', array: 0, dtype: 'int32', elements: 3, access: 'read' },
            { name: 'y', array: 1, dtype: 'int32', elements: 3, access: 'write' },
          ],
          main: `if (thread < 3u) { let x = x_get(thread); if (x >= ${limit}) { raise(0u, x); } y_set(thread, x); }`,
          faults: [(value) => new IndexError(`check: ${value} is not below ${limit}`)],
        }),
      ],
    });
    const x = Int32Array.from([1, 9, 3]);
    const output = [{ dtype: 'int32', elements: 3 }] as const;
    await expect(runKernel(stream, make(5), [x], output)).rejects.toThrow('check: 9 is not below 5');
    expect(await runKernel(stream, make(10), [x], output)).toEqual([x]);
    stream.destroy();
  });

  it('names the op and the line where a shader does not compile', async () => {
    const stream = await startStream();
    const broken = pass({
      label: 'fused(mul,add)',
      capabilities: stream.gpu.capabilities,
      size: 64,
      groups: 1,
      arrays: [{ name: 'y', array: 0, dtype: 'float32', elements: 3, access: 'write' }],
      main: 'y_set(thread, 1.0 + no_such_name);',
    });
    await expect(
      runKernel(stream, { passes: [broken] }, [], [{ dtype: 'float32', elements: 3 }]),
    ).rejects.toThrow(
      /the shader of fused\(mul,add\) does not compile: line \d+, column \d+: .*no_such_name.*\n {2}y_set/,
    );
    stream.destroy();
  });
});
