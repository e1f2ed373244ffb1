import { createEngine } from '../../../src/backends/cpu/create.js';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import type { KernelFactory } from '../../../src/backends/cpu/kernel.js';
import type { HostArray, Kernel } from '../../../src/primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../../../src/primitives/parameters.js';
import type { Aval } from '../../../src/shape.js';
import { integer, runKernel as runReference } from '../../support/kernels.js';
import { runKernel } from './convSupport.js';

const whole = createEngine({ threads: 1 });

/** Whole, and with the items of each job cut into pieces of sixteen, the last ones first. */
const engines: readonly Engine[] = [
  whole,
  {
    ...whole,
    parallel: (f, args, items, grain, scratchBytes) => {
      for (let begin = Math.floor((items - 1) / 16) * 16; begin >= 0; begin -= 16) {
        const end = Math.min(begin + 16, items);
        // Through `parallel` of the other engine for its scratch memory; the range comes from here.
        const piece = { ...f, call: (...given: number[]) => f.call(...args, begin, end, ...given.slice(2)) };
        whole.parallel(piece, [], end - begin, grain, scratchBytes);
      }
    },
  },
];

/** The kernel gives what the reference kernel gives, bit for bit, however its items are cut. */
export function expectSame<N extends PrimitiveName>(
  factory: KernelFactory<N>,
  record: {
    readonly shape: (inputs: readonly Aval[], params: PrimitiveParameters[N]) => Aval[];
    readonly kernel: Kernel<N>;
  },
  inputs: readonly HostArray[],
  params: PrimitiveParameters[N],
): void {
  const expected = runReference(record, inputs, params);
  for (const engine of engines) {
    const [out] = runKernel(engine, factory, inputs, [expected], params)!;
    const at = expected.data.findIndex((element, i) => !Object.is(element, out![i]));
    if (at < 0 && out!.length === expected.data.length) continue;
    const arrays = inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ');
    const got = `element ${at} is ${out![at]}, not ${expected.data[at]}`;
    throw new Error(`${arrays} ${JSON.stringify(params)}: ${got}`);
  }
}

/** Up to `maxRank` axes, of 0 and 1 now and then; some last axes are longer than several vectors. */
export function someShape(random: () => number, maxRank = 5, minRank = 0): number[] {
  const rank = integer(random, minRank, maxRank);
  return Array.from({ length: rank }, (_, axis) => {
    const kind = random();
    if (kind < 0.02) return 0;
    if (kind < 0.2) return 1;
    return axis === rank - 1 && random() < 0.3 ? integer(random, 5, 150) : integer(random, 2, 5);
  });
}
