import { isFloat } from '../dtype.js';
import { evaluateProgram } from '../program/program.js';
import type { Program } from '../program/program.js';
import { batchProgram, jvpProgram, recordFlat, vjpPrograms } from '../program/derive.js';
import type { Tensor } from '../tensor.js';
import { bind } from '../trace.js';
import { broadcastBatch, transpose, zerosLike } from './calls.js';
import { floatsOnly, spread } from './higherOrder.js';
import { definePrimitive } from './primitive.js';
import type { HostArray } from './primitive.js';

/** A list of values in the three groups of a scan's inputs (constants, carry, sequences) or two of its outputs. */
function split<T>(values: readonly T[], ...sizes: readonly number[]): [T[], T[], ...T[][]] {
  let next = 0;
  const groups = sizes.map((size) => values.slice(next, (next += size)));
  // At least one size is given, so there are at least two groups.
  return [...groups, values.slice(next)] as unknown as [T[], T[], ...T[][]];
}

const isFloating = (x: { dtype: Tensor['dtype'] }): boolean => isFloat(x.dtype);

export const scan = definePrimitive<'scan'>({
  name: 'scan',
  shape: (_inputs, { body, carry, length }) =>
    body.outputs.map(({ shape, dtype }, i) =>
      i < carry ? { shape, dtype } : { shape: [length, ...shape], dtype },
    ),

  // The same loop with the tangents carried along: constants' after constants, carry's after carry, and so on.
  jvpWithOutputs: ({ primals, tangents, params }) => {
    const { body, constants, carry } = params;
    const [c0, s0, x0] = split(primals, constants, carry) as [Tensor[], Tensor[], Tensor[]];
    const [ct, st, xt] = split(tangents, constants, carry) as [
      (Tensor | null)[],
      (Tensor | null)[],
      (Tensor | null)[],
    ];
    // A carry may begin to move after the first step, so every float one has a tangent.
    const moving = [...ct.map((t) => t !== null), ...s0.map(isFloating), ...xt.map((t) => t !== null)];
    const given = (parts: (Tensor | null)[]): Tensor[] => parts.filter((t) => t !== null);
    const pushed = jvpProgram(body, moving);
    const movingConstants = given(ct).length;
    const movingCarry = s0.filter(isFloating).length;
    const together = recordFlat(
      'scan',
      (...values) => {
        const [c, dc, s, ds, x, dx] = split(
          values,
          constants,
          movingConstants,
          carry,
          movingCarry,
          x0.length,
        ) as Tensor[][];
        const results = evaluateProgram(pushed, [...c!, ...s!, ...x!, ...dc!, ...ds!, ...dx!]);
        const [s1, y, ds1, dy] = split(
          results,
          carry,
          body.outputs.length - carry,
          movingCarry,
        ) as Tensor[][];
        return [...s1!, ...ds1!, ...y!, ...dy!];
      },
      [...c0, ...given(ct), ...s0, ...s0.filter(isFloating), ...x0.map(element), ...given(xt).map(element)],
    );
    const inputs = [...c0, ...given(ct), ...s0, ...floatsOnly(s0, st), ...x0, ...given(xt)];
    const results = bind('scan', inputs, {
      ...params,
      body: together,
      constants: constants + movingConstants,
      carry: carry + movingCarry,
    });
    const [s1, ds1, y, dy] = split(results, carry, movingCarry, body.outputs.length - carry) as Tensor[][];
    return {
      outputs: [...s1!, ...y!],
      tangents: [...spread(s1!.map(isFloating), ds1!), ...spread(y!.map(isFloating), dy!)],
    };
  },

  // The way there keeps each step's residuals, stacked.
  forward: ({ inputs, needs, params }) => {
    const { body, carry } = params;
    const { forward, kept } = vjpPrograms(body, bodyNeeds(body, needs, params));
    const { constants } = params;
    const keptCarry = kept.filter((i) => i >= constants && i < constants + carry);
    // Constants and sequences are at hand on the way back; only carried values must be kept step by step.
    const keeping: Program = {
      ...forward,
      outputs: [...forward.outputs, ...keptCarry.map((i) => forward.inputs[i]!)],
    };
    const results = bind('scan', inputs, { ...params, body: keeping });
    const count = body.outputs.length;
    return { outputs: results.slice(0, count), residuals: results.slice(count) };
  },

  // The way back runs through the steps in the opposite direction, carrying the cotangents of carry and constants.
  vjp: ({ inputs, outputs, cotangents, needs, residuals, params }) => {
    const { body, constants, carry, length, reverse } = params;
    const wanted = bodyNeeds(body, needs, params);
    const { backward, kept } = vjpPrograms(body, wanted);
    const keptCarry = kept.filter((i) => i >= constants && i < constants + carry);
    const stacked = residuals.slice(0, residuals.length - keptCarry.length);
    const stackedCarry = residuals.slice(residuals.length - keptCarry.length);

    const neededConstants = inputs.slice(0, constants).filter((_, i) => wanted[i]);
    const floatCarry = inputs.slice(constants, constants + carry).filter(isFloating);
    const [outCarry, outY] = split(outputs, carry) as [Tensor[], Tensor[]];
    const [ctCarry, ctY] = split(cotangents, carry) as [(Tensor | null)[], (Tensor | null)[]];
    const keptConstants = kept.filter((i) => i < constants).map((i) => inputs[i]!);
    const keptX = kept.filter((i) => i >= constants + carry).map((i) => inputs[i]!);
    const arrivingY = floatsOnly(outY, ctY);

    const step = recordFlat(
      'scan',
      (...values) => {
        const [kc, sumC, ctS, kx, kres, ks, cty] = split(
          values,
          keptConstants.length,
          neededConstants.length,
          floatCarry.length,
          keptX.length,
          stacked.length,
          stackedCarry.length,
        ) as Tensor[][];
        const leaving = evaluateProgram(backward, [...kc!, ...ks!, ...kx!, ...kres!, ...ctS!, ...cty!]);
        const [dc, ds, dx] = split(leaving, neededConstants.length, floatCarry.length) as Tensor[][];
        return [...sumC!.map((total, i) => bind('add', [total, dc![i]!], {})[0]!), ...ds!, ...dx!];
      },
      [
        ...keptConstants,
        ...neededConstants,
        ...floatCarry,
        ...keptX.map(element),
        ...stacked.map(element),
        ...stackedCarry.map(element),
        ...arrivingY.map(element),
      ],
    );
    const results = bind(
      'scan',
      [
        ...keptConstants,
        ...neededConstants.map(zerosLike),
        ...floatsOnly(outCarry, ctCarry),
        ...keptX,
        ...stacked,
        ...stackedCarry,
        ...arrivingY,
      ],
      {
        body: step,
        constants: keptConstants.length,
        carry: neededConstants.length + floatCarry.length,
        length,
        reverse: !reverse,
      },
    );
    const placed = spread(wanted, results);
    return placed.map((ct, i) => (needs[i] ? ct : null));
  },

  batch: ({ inputs, batched, size, params }) => {
    const { body, constants, carry } = params;
    const [c, s, x] = split(inputs, constants, carry) as [Tensor[], Tensor[], Tensor[]];
    const [cb, sb, xb] = split(batched, constants, carry) as [boolean[], boolean[], boolean[]];
    const together = batchProgram(body, [...cb, ...s.map(() => true), ...xb], size);
    const carried = s.map((value, i) => (sb[i] ? value : broadcastBatch(value, size)));
    const results = bind(
      'scan',
      [...c, ...carried, ...x.map((value, i) => (xb[i] ? exchangeFirstTwo(value) : value))],
      { ...params, body: together },
    );
    return results.map((value, i) => (i < carry ? value : exchangeFirstTwo(value)));
  },

  kernel: (inputs, outputs, { body, constants, carry, length, reverse }, run) => {
    const [fixed, initial, sequences = []] = split(inputs, constants, carry);
    const [final, stacks] = split(outputs, carry);
    // Two sets of carry buffers take turns; the body must not write over what it reads.
    let current = initial.map((x) => ({ ...x, data: x.data.slice() }));
    let next = initial.map((x) => ({ ...x, data: x.data.slice() }));
    const at = (stack: HostArray, t: number): HostArray => {
      const size = stack.data.length / Math.max(length, 1);
      return {
        shape: stack.shape.slice(1),
        dtype: stack.dtype,
        data: stack.data.subarray(t * size, (t + 1) * size),
      };
    };
    for (let i = 0; i < length; i++) {
      const t = reverse ? length - 1 - i : i;
      run(
        body,
        [...fixed, ...current, ...sequences.map((x) => at(x, t))],
        [...next, ...stacks.map((y) => at(y, t))],
      );
      [current, next] = [next, current];
    }
    final.forEach((x, i) => x.data.set(current[i]!.data));
  },
});

/** In the body, every float carry needs its cotangent: it may be fed by a constant or a sequence in an earlier step. */
function bodyNeeds(
  body: Program,
  needs: readonly boolean[],
  { constants, carry }: { constants: number; carry: number },
): boolean[] {
  return needs.map((need, i) =>
    i >= constants && i < constants + carry ? isFloating(body.inputs[i]!) : need,
  );
}

/** One step's part of a stacked sequence. */
function element(x: Tensor): { shape: readonly number[]; dtype: Tensor['dtype'] } {
  return { shape: x.shape.slice(1), dtype: x.dtype };
}

function exchangeFirstTwo(x: Tensor): Tensor {
  return transpose(
    x,
    x.shape.map((_, axis) => (axis === 0 ? 1 : axis === 1 ? 0 : axis)),
  );
}
