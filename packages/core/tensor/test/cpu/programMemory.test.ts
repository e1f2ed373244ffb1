import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { scan } from '../../src/index.js';
import { createCpuBackend } from '../../src/backends/cpu/index.js';
import type { Backend } from '../../src/backends/backend.js';
import * as p from '../../src/primitives/calls.js';
import { record } from '../../src/program/record.js';
import type { Tensor } from '../../src/tensor.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const arenaBytes = 8 * 2 ** 20;

/** A program whose intermediate result of 8 MiB must be stored: a reversal stands between two loops. */
function compileAndRun(backend: Backend): void {
  const shape = [arenaBytes / 4];
  const f = (x: Tensor): Tensor[] => [p.sum(p.flip(p.add(x, 1), [0]), [0])];
  const { program } = record('large', f, [{ shape, dtype: 'float32' }]);
  const input = backend.upload(new Float32Array(shape[0]!));
  for (const output of backend.compile(program).run([input])) backend.release(output);
  backend.release(input);
}

it('arenas of programs that were dropped are given back', async () => {
  const backend = createCpuBackend({ threads: 1 });
  const size = (): number => backend.memory().bytes + backend.memory().pooledBytes;
  compileAndRun(backend);
  const first = size();
  for (let i = 0; i < 20; i++) {
    compileAndRun(backend);
    collect();
    await turn();
  }
  expect(size() - first).toBeLessThan(8 * arenaBytes);
});

it('a loop keeps the memory of its body as long as it can run', async () => {
  const backend = createCpuBackend({ threads: 1 });
  // Reversed, squared and reversed: the body has results of its own between its kernels.
  const f = (xs: Tensor): Tensor[] => [
    scan(
      (carry: Tensor, x: Tensor) => [carry, p.flip(p.square(p.flip(x, [0])), [0])],
      p.scalar(0, 'float64'),
      xs,
    )[1],
  ];
  const { program } = record('held', f, [{ shape: [2, 3], dtype: 'float64' }]);
  const executable = backend.compile(program);
  for (let i = 0; i < 3; i++) {
    collect();
    await turn();
    const others = Array.from({ length: 8 }, () => backend.upload(new Float64Array(3).fill(7)));
    const [output] = executable.run([backend.upload(new Float64Array([0, 1, 2, 3, 4, 5]))]);
    expect(backend.readSync(output!, program.outputs[0]!)).toEqual(new Float64Array([0, 1, 4, 9, 16, 25]));
    for (const other of others)
      expect(backend.readSync(other, { shape: [3], dtype: 'float64' })).toEqual(new Float64Array(3).fill(7));
  }
});
