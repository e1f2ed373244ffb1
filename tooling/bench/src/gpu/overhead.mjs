// `node tooling/bench/src/gpu/overhead.mjs` (after `pnpm build`): what the WebGPU backend costs the host, for each operation
// and each kernel, on a device that does nothing (Dawn's null backend).
import { jit, tensor, useBackend } from '@core/tensor';
import { create } from 'webgpu';

const gpu = create(['backend=null']);
Object.defineProperty(globalThis, 'navigator', { value: { gpu } });
await useBackend('webgpu');

const x = tensor(new Float32Array(10));
const y = tensor(new Float32Array(10));
const loops = 50;
// Reshapes keep the loops apart: each is two kernels.
const chain = jit((a) => {
  let value = a;
  for (let i = 0; i < loops; i++) value = value.add(y).reshape([2, 5]).exp().reshape([10]);
  return value;
});

async function microseconds(count, body) {
  const start = performance.now();
  for (let i = 0; i < count; i++) body();
  const taken = performance.now() - start;
  await x.data();
  return (1000 * taken) / count;
}

for (const [name, count, kernels, body] of [
  ['eager add, disposed', 20_000, 1, () => x.add(y).dispose()],
  [`a compiled step of ${2 * loops} kernels, for each`, 500, 2 * loops, () => chain(x).dispose()],
]) {
  const times = [];
  for (let round = 0; round < 7; round++) times.push((await microseconds(count, body)) / kernels);
  console.log(
    `${name}: ${times
      .slice(2)
      .sort((a, b) => a - b)[2]
      .toFixed(2)} us`,
  );
}
