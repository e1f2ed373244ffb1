import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linalg, tensor, useBackend } from '../../src/index.js';
import { fromGpuBuffer, toGpuBuffer, webgpuDevice } from '../../src/webgpu.js';
import { usage } from '../../src/backends/webgpu/gpu.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('programs that use WebGPU themselves', () => {
  beforeAll(async () => void (await useBackend('webgpu')));
  afterAll(async () => void (await useBackend('cpu')));

  it('see the buffer of a tensor, and make tensors of their own buffers', async () => {
    const device = webgpuDevice<GPUDevice>();
    const x = tensor([1, 2, 3]).mul(2);
    const theirs = device.createBuffer({ size: 16, usage: usage.copySource | usage.copyTarget });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(await toGpuBuffer<GPUBuffer>(x), 0, theirs, 0, 12);
    device.queue.submit([encoder.finish()]);
    const y = fromGpuBuffer(theirs, { shape: [3, 1] });
    expect([y.shape, y.dtype, await y.add(1).data()]).toEqual([[3, 1], 'float32', Float32Array.from([3, 5, 7])]); // prettier-ignore
    const bits = fromGpuBuffer(theirs, { shape: [2], dtype: 'int32' });
    expect(await bits.data()).toEqual(new Int32Array(Float32Array.from([2, 4]).buffer));
  });

  it('get a buffer only when the host has done its part', async () => {
    const device = webgpuDevice<GPUDevice>();
    const factor = linalg.cholesky(tensor([[4, 0], [0, 9]])); // prettier-ignore
    const copy = device.createBuffer({ size: 16, usage: usage.copySource | usage.copyTarget });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(await toGpuBuffer<GPUBuffer>(factor), 0, copy, 0, 16);
    device.queue.submit([encoder.finish()]);
    expect(await fromGpuBuffer(copy, { shape: [4] }).data()).toEqual(Float32Array.from([2, 0, 0, 3]));
  });

  it('are told what does not fit', async () => {
    const device = webgpuDevice<GPUDevice>();
    const small = device.createBuffer({ size: 8, usage: usage.copySource });
    expect(() => fromGpuBuffer(small, { shape: [3] })).toThrow(
      'fromGpuBuffer: [3] takes 12 bytes, and the buffer has 8',
    );
    expect(() => fromGpuBuffer(small, { shape: [1], dtype: 'float64' })).toThrow('no float64');
    expect(() => fromGpuBuffer(7 as never, { shape: [1] })).toThrow('needs a GPUBuffer, got 7');
    await expect(toGpuBuffer('x' as never)).rejects.toThrow("needs a tensor, got 'x'");
    const here = await tensor([1]).to('cpu');
    await expect(toGpuBuffer(here)).rejects.toThrow("lives on cpu; copy it over first: await x.to('webgpu')");
    const x = tensor([1]);
    x.dispose();
    await expect(toGpuBuffer(x)).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});
