import { afterEach, describe, expect, it } from 'vitest';
import {
  backendInfo,
  dtypes,
  grad,
  jit,
  memory,
  profile,
  random,
  registerBackend,
  scan,
  tensor,
  useBackend,
  valueAndGrad,
  vmap,
  zeros,
} from '../src/index.js';
import type { Backend, BufferHandle, Tensor } from '../src/index.js';
import { createCpuBackend } from '../src/backends/cpu/index.js';

/** What crossed the line to the device. */
interface Call {
  readonly call: 'upload' | 'read' | 'dispatch' | 'compile' | 'run';
  /** The primitive, or the number of equations of the program. */
  readonly what: string;
}

/**
 * A second device: the CPU one behind handles that nobody else can look into, writing down what it is asked. It reads
 * only asynchronously, as a GPU does.
 */
function recordingBackend(name: string): { backend: Backend; calls: Call[]; live: () => number } {
  const cpu = createCpuBackend();
  const calls: Call[] = [];
  const buffers = new Map<number, BufferHandle>();
  let next = 0;
  const wrap = (inner: BufferHandle): BufferHandle => {
    buffers.set(++next, inner);
    return Object.freeze({ bytes: inner.bytes, token: next });
  };
  const unwrap = (handle: BufferHandle): BufferHandle => {
    const inner = buffers.get(handle.token);
    if (inner === undefined) throw new Error(`handle ${handle.token} is not alive`);
    return inner;
  };
  const free = (token: number): void => {
    const inner = buffers.get(token);
    buffers.delete(token);
    if (inner !== undefined) cpu.release(inner);
  };
  const backend: Backend = {
    ...cpu,
    name,
    info: () => ({ ...cpu.info(), name, description: 'records what it is asked' }),
    upload(data) {
      calls.push({ call: 'upload', what: data.constructor.name });
      return wrap(cpu.upload(data));
    },
    read(handle, aval) {
      calls.push({ call: 'read', what: aval.dtype });
      return cpu.read(unwrap(handle), aval);
    },
    readSync(handle, aval) {
      calls.push({ call: 'read', what: aval.dtype });
      return cpu.readSync(unwrap(handle), aval);
    },
    dispatch(equation, inputs) {
      calls.push({ call: 'dispatch', what: equation.primitive });
      return cpu.dispatch(equation, inputs.map(unwrap)).map(wrap);
    },
    compile(program) {
      const size = String(program.equations.length);
      calls.push({ call: 'compile', what: size });
      const executable = cpu.compile(program);
      return {
        run(inputs) {
          calls.push({ call: 'run', what: size });
          return executable.run(inputs.map(unwrap)).map(wrap);
        },
      };
    },
    release: ({ token }) => free(token),
    reclaim: free,
  };
  return { backend, calls, live: () => buffers.size };
}

let count = 0;
async function start(): Promise<ReturnType<typeof recordingBackend> & { name: string }> {
  const name = `recorder${++count}`;
  const made = recordingBackend(name);
  registerBackend(name, () => made.backend);
  await useBackend(name);
  return { ...made, name };
}

afterEach(async () => {
  await useBackend('cpu');
});

type Params = { w1: Tensor; b1: Tensor; w2: Tensor };
const init = (): Params => ({
  w1: random.normal(random.key(1), [3, 8]),
  b1: tensor([0, 0, 0, 0, 0, 0, 0, 0]),
  w2: random.normal(random.key(2), [8, 1]),
});
const loss = (p: Params, x: Tensor, y: Tensor): Tensor =>
  x.matmul(p.w1).add(p.b1).tanh().matmul(p.w2).sub(y).square().mean();
function step(p: Params, x: Tensor, y: Tensor): { params: Params; loss: Tensor } {
  const [value, g] = valueAndGrad(loss)(p, x, y);
  const update = (a: Tensor, b: Tensor): Tensor => a.sub(b.mul(0.1));
  return { params: { w1: update(p.w1, g.w1), b1: update(p.b1, g.b1), w2: update(p.w2, g.w2) }, loss: value };
}

describe('a backend', () => {
  it('gets a compiled training step as one program, once, and runs it by handles alone', async () => {
    const x = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const y = Float32Array.from({ length: 4 }, (_, i) => Math.cos(i));
    const trained = async (): Promise<number[]> => {
      const compiled = jit(step);
      let params = init();
      const [inputs, targets] = [tensor(x, { shape: [4, 3] }), tensor(y, { shape: [4, 1] })];
      const losses: number[] = [];
      for (let i = 0; i < 5; i++) {
        const next = compiled(params, inputs, targets);
        params = next.params;
        losses.push((await next.loss.data())[0]!);
      }
      return losses;
    };
    const expected = await trained();
    const { calls } = await start();
    expect(await trained()).toEqual(expected);
    const compiles = calls.filter((c) => c.call === 'compile');
    expect(compiles).toHaveLength(1);
    expect(Number(compiles[0]!.what)).toBeGreaterThan(15);
    const from = calls.findIndex((c) => c.call === 'compile');
    // From then on: one run and one read of the loss for each step, nothing else.
    expect(calls.slice(from + 1).map((c) => c.call)).toEqual(
      Array.from({ length: 5 }, () => ['run', 'read']).flat(),
    );
  });

  it('gets loops, and transforms of compiled functions, as whole programs too', async () => {
    const { calls } = await start();
    const x = tensor([1, 2, 3]);
    calls.length = 0;
    const f = jit((t: Tensor) => scan((c: Tensor, e: Tensor) => [c.mul(e), c] as const, tensor(1), t)[0]);
    expect(jit(grad(f))(x).toArray()).toEqual([6, 3, 2]);
    expect(jit(vmap(jit((t: Tensor) => t.exp().log())))(x).shape).toEqual([3]);
    expect(calls.filter((c) => c.call === 'dispatch')).toEqual([]);
    expect(calls.filter((c) => c.call === 'run')).toHaveLength(2);
  });

  it('gets single equations eagerly', async () => {
    const { calls } = await start();
    tensor([1, 2])
      .add(tensor([3, 4]))
      .sum();
    expect(calls.map((c) => c.what)).toEqual(['Float32Array', 'Float32Array', 'add', 'sum']);
  });

  it('keeps what it is given until it is released', async () => {
    const { live } = await start();
    const x = tensor([1, 2, 3]);
    const compiled = jit(grad((t: Tensor) => t.sin().square().sum()));
    compiled(x).dispose();
    const before = live();
    for (let i = 0; i < 20; i++) compiled(x).dispose();
    expect(live()).toBe(before);
    x.dispose();
    expect(live()).toBe(before - 1);
  });

  it('is told apart from others: tensors of two do not mix', async () => {
    const here = tensor([1, 2]);
    const { name } = await start();
    const there = tensor([3, 4]);
    for (const mix of [
      () => here.add(there),
      () => there.matmul(here),
      () => jit((a: Tensor, b: Tensor) => a.mul(b))(here, there),
    ])
      expect(mix).toThrowError(expect.objectContaining({ code: 'BACKEND' }));
    expect(() => here.add(there)).toThrowError(
      `add: one tensor lives on cpu, another on ${name}; copy one over: await x.to('cpu')`,
    );
    // What the message says works, whatever the default is.
    expect(here.add(await there.to('cpu')).toArray()).toEqual([4, 6]);
    await useBackend('cpu');
    expect((await here.to(name)).add(there).toArray()).toEqual([4, 6]);
    expect(await here.to('cpu')).toBe(here);
    expect(backendInfo().name).toBe('cpu');
    // Tensors stay where they were made, whatever the default is.
    expect(there.add(there).toArray()).toEqual([6, 8]);
  });

  it('gets its constants where its tensors live, whatever the default is', async () => {
    await start();
    const there = tensor([3, 4]);
    await useBackend('cpu');
    expect(
      there
        .add(1)
        .mul(2)
        .sub(zeros([2]))
        .toArray(),
    ).toEqual([8, 10]);
    const f = (x: Tensor): Tensor => x.mul(3).sigmoid().softmax().square().sum();
    const here = tensor([3, 4]);
    expect(grad(f)(there).toArray()).toEqual(grad(f)(here).toArray());
    expect(jit(grad(f))(there).toArray()).toEqual(jit(grad(f))(here).toArray());
    // It stayed there all the time.
    expect(() => grad(f)(there).add(here)).toThrowError(expect.objectContaining({ code: 'BACKEND' }));
  });

  it('says what it is', async () => {
    expect(backendInfo()).toMatchObject({ name: 'cpu', dtypes });
    expect(backendInfo().capabilities).toEqual(
      expect.arrayContaining(['float64', 'eigh', 'svd', 'conv2d', 'matmul', 'scan', 'add']),
    );
    const { description, threads, blas } = backendInfo();
    expect(threads).toBeGreaterThan(0);
    expect(description).toMatch(/^WebAssembly SIMD.* on (one thread|\d+ threads); /);
    if ('name' in blas!) {
      expect(blas).toMatchObject({ path: expect.any(String) as string, threads });
      expect(description).toContain(blas.name);
    } else {
      expect(blas!.install).not.toBe('');
      expect(description).toMatch(/ml-matrix/);
    }
    const { name } = await start();
    expect(backendInfo().name).toBe(name);
  });
});

describe('useBackend', () => {
  it('names the backends there are', async () => {
    await expect(useBackend('cuda')).rejects.toMatchObject({
      code: 'BACKEND',
      message: expect.stringMatching(/^useBackend: there is no backend 'cuda'; available: cpu/) as string,
    });
    await expect(useBackend(3 as unknown as string)).rejects.toMatchObject({ code: 'BACKEND' });
    expect(backendInfo().name).toBe('cpu');
  });

  it('starts a backend once, also when asked twice at a time, with its options', async () => {
    const seen: unknown[] = [];
    registerBackend('lazy', async (options) => {
      seen.push(options);
      await Promise.resolve();
      return recordingBackend('lazy').backend;
    });
    const [a, b] = await Promise.all([useBackend('lazy', { threads: 2 }), useBackend('lazy')]);
    expect(a).toEqual(b);
    expect(seen).toEqual([{ threads: 2 }]);
    await expect(useBackend('lazy', { threads: 4 })).rejects.toMatchObject({
      code: 'BACKEND',
      message: "useBackend: 'lazy' runs already, so its options (threads) cannot change any more",
    });
  });

  it('says why one could not start, stays with the old one, and tries again', async () => {
    let working = false;
    registerBackend('broken', () => {
      if (!working) throw new Error('no adapter found');
      return recordingBackend('broken').backend;
    });
    await expect(useBackend('broken')).rejects.toMatchObject({
      code: 'BACKEND',
      message: "useBackend: 'broken' could not start: no adapter found",
      cause: expect.objectContaining({ message: 'no adapter found' }) as Error,
    });
    expect(backendInfo().name).toBe('cpu');
    working = true;
    expect((await useBackend('broken')).name).toBe('broken');
  });

  it('registerBackend refuses names that are taken or none', () => {
    const factory = (): Backend => createCpuBackend();
    expect(() => registerBackend('cpu', factory)).toThrowError("registerBackend: 'cpu' is taken");
    expect(() => registerBackend('', factory)).toThrowError(expect.objectContaining({ code: 'ARGUMENT' }));
    expect(() => registerBackend('x', null as never)).toThrowError(
      /registerBackend: needs a function, got null/,
    );
  });
});

describe('profile', () => {
  it('lists the kernels of a compiled function', () => {
    const f = jit((t: Tensor) => t.sin().mul(t.matmul(t)).sum());
    const x = tensor([[1, 2], [3, 4]]); // prettier-ignore
    f(x);
    const { kernels, result, peakBytes } = profile(() => [f(x), f(x)]);
    expect(result).toHaveLength(2);
    // A backend may run several operations in one kernel, whose name then lists them.
    const names = kernels.map((k) => k.kernel).join(' ');
    for (const name of ['sin', 'matmul', 'mul', 'sum']) expect(names).toMatch(new RegExp(`\\b${name}\\b`));
    expect(kernels.every((k) => k.count === 2)).toBe(true);
    expect(kernels.find((k) => k.kernel === 'matmul')!.bytes).toBe(2 * 3 * 16);
    expect(peakBytes).toBeGreaterThan(0);
    const times = kernels.map((k) => k.milliseconds);
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('nests, and stops when its function fails', () => {
    const x = tensor([1, 2]);
    let inner: readonly string[] = [];
    const outer = profile(() => {
      x.sin();
      inner = profile(() => x.cos()).kernels.map((k) => k.kernel);
      x.exp();
    });
    expect(inner).toEqual(['cos']);
    expect(outer.kernels.map((k) => k.kernel).sort()).toEqual(['cos', 'exp', 'sin']);
    expect(() =>
      profile(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(profile(() => x.tan()).kernels).toHaveLength(1);
  });
});

describe('the arena of a compiled program', () => {
  const chain =
    (length: number) =>
    (t: Tensor): Tensor => {
      let y = t;
      for (let i = 0; i < length; i++) y = y.matmul(t).tanh().add(i);
      return y;
    };

  it('does not grow with the length of a chain', () => {
    const x = tensor(new Float64Array(64 * 64), { shape: [64, 64] });
    const bytes = (length: number): number => {
      const f = jit(chain(length));
      const warm = f(x);
      const before = memory().pooledBytes;
      const g = jit(chain(length));
      g(x).dispose();
      warm.dispose();
      f.dispose();
      return memory().pooledBytes - before;
    };
    const [short, long] = [bytes(4), bytes(100)];
    const slot = 64 * 64 * 8;
    // Two slots in turns, the released results kept for reuse, and a few bytes for each constant.
    expect(short).toBeLessThanOrEqual(5 * slot);
    expect(long).toBeLessThanOrEqual(short + 100 * 16);
  });

  it('does not grow with calls', () => {
    const x = tensor(new Float64Array(100));
    const f = jit(chain(3));
    const y = x.reshape([10, 10]);
    f(y).dispose();
    const before = memory();
    for (let i = 0; i < 50; i++) f(y).dispose();
    expect(memory()).toEqual(before);
  });
});
