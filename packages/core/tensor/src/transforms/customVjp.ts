import { isFloat } from '../dtype.js';
import { TraceError, TreeError } from '../errors.js';
import { zerosLike } from '../primitives/calls.js';
import { batchProgram } from '../program/derive.js';
import type { Program } from '../program/program.js';
import { record } from '../program/record.js';
import { describe } from '../shape.js';
import { checkFunction, show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { bind, isRecording, Tracer } from '../trace.js';
import { difference, flatten, unflatten } from '../tree.js';
import type { TreeDefinition } from '../tree.js';
import { flattenResult, synchronous } from './functions.js';
import { checkTangent } from './jvp.js';
import { vjpFlat } from './tape.js';
import { batchFlat } from './vmap.js';

/** A function with its own way back, on flat lists. */
export interface CustomVjpRule {
  readonly program: Program;
  readonly forward: (inputs: readonly Tensor[]) => { outputs: Tensor[]; residuals: Tensor[]; memo: unknown };
  readonly backward: (
    residuals: readonly Tensor[],
    memo: unknown,
    cotangents: readonly Tensor[],
  ) => (Tensor | null)[];
}

/**
 * `f` with a derivative rule of your own, for a derivative that is cheaper or more stable than the mechanical one.
 *
 * @param f the function
 * @param forward the same value, and what the way back needs (any tree): `(...args) => [f(...args), residuals]`
 * @param backward from the residuals and the result's cotangent to the arguments' cotangents, one entry per argument
 *   (`null` for zero): `(residuals, cotangent) => [ct0, ct1, …]`
 *
 * The rule holds at every order and in forward mode too (there the transposed rule is used, so `backward` must be
 * linear in the cotangent, as every derivative is).
 * Inside transforms f must take every tensor it uses as an argument.
 *
 * @throws TreeError or ShapeError when the cotangents do not fit the arguments
 */
export function customVjp<A extends readonly unknown[], R, S>(
  f: (...args: A) => R,
  forward: (...args: A) => readonly [R, S],
  backward: (residuals: S, cotangent: R) => readonly unknown[],
): (...args: A) => R {
  for (const part of [f, forward, backward]) checkFunction('customVjp', part);
  const rules = new Map<string, { rule: CustomVjpRule; result: TreeDefinition }>();

  const ruleFor = (
    leaves: readonly Tensor[],
    definition: TreeDefinition,
  ): { rule: CustomVjpRule; result: TreeDefinition } => {
    const key = `${definition.key} ${leaves.map(describe).join(' ')}`;
    const known = rules.get(key);
    if (known !== undefined) return known;
    const args = (inputs: readonly Tensor[]): A => unflatten(definition, inputs) as A;
    let result: TreeDefinition | undefined;
    const { program, captured } = record(
      'customVjp',
      (...inputs) => {
        const flattened = flattenResult('customVjp', f(...args(inputs)));
        result = flattened.definition;
        return flattened.leaves;
      },
      leaves,
    );
    if (captured.length > 0) {
      throw new TraceError(
        `customVjp: the function uses ${captured.map(describe).join(', ')} from outside; pass tensors as arguments, so that the rule says what their cotangents are (null for none)`,
      );
    }
    const resultDefinition = result!;
    const rule: CustomVjpRule = {
      program,
      forward: (inputs) => {
        const pair = synchronous('customVjp', forward(...args(inputs)));
        if (!Array.isArray(pair) || pair.length !== 2)
          throw new TreeError(`customVjp: forward must return [value, residuals], got ${show(pair)}`);
        const [value, residuals] = pair as readonly [R, S]; // what its type says, and now looked at
        const kept = flatten(residuals);
        return { outputs: flatten(value).leaves, residuals: kept.leaves, memo: kept.definition };
      },
      backward: (residuals, memo, cotangents) => {
        const given = backward(
          unflatten(memo as TreeDefinition, residuals) as S,
          unflatten(resultDefinition, cotangents) as R,
        );
        return placeCotangents(args(leaves), synchronous('customVjp', given));
      },
    };
    const made = { rule, result: resultDefinition };
    rules.set(key, made);
    return made;
  };

  return (...args: A): R => {
    const { leaves, definition } = flatten(args);
    if (!isRecording() && !leaves.some((x) => x instanceof Tracer))
      return synchronous('customVjp', f(...args));
    const { rule, result } = ruleFor(leaves, definition);
    return unflatten(result, bind('customVjp', leaves, { rule })) as R;
  };
}

/** The rule's answer, checked against the arguments and flattened; `null` for an argument means zero. */
function placeCotangents(args: readonly unknown[], given: readonly unknown[]): (Tensor | null)[] {
  if (!Array.isArray(given) || given.length !== args.length) {
    throw new TreeError(
      `customVjp: backward must return an array with one cotangent per argument (${args.length}), got ${Array.isArray(given) ? given.length : String(given)}`,
    );
  }
  return args.flatMap((arg, n) => {
    const expected = flatten(arg);
    const cotangent: unknown = given[n];
    if (cotangent === null || cotangent === undefined) return expected.leaves.map(() => null);
    const found = flatten(cotangent);
    if (found.definition.key !== expected.definition.key)
      throw new TreeError(
        `customVjp: the cotangent of argument ${n} has not its structure: ${difference(arg, cotangent)}`,
      );
    found.leaves.forEach((ct, i) => checkTangent(`customVjp, argument ${n}`, expected.leaves[i]!, ct));
    return found.leaves;
  });
}

const batchedRules = new WeakMap<CustomVjpRule, Map<number, CustomVjpRule>>();

/** The rule on stacks of examples; everything has the batch axis in front. */
export function batchedRule(rule: CustomVjpRule, size: number): CustomVjpRule {
  let sizes = batchedRules.get(rule);
  if (sizes === undefined) batchedRules.set(rule, (sizes = new Map<number, CustomVjpRule>()));
  let made = sizes.get(size);
  if (made !== undefined) return made;
  made = {
    program: batchProgram(
      rule.program,
      rule.program.inputs.map(() => true),
      size,
    ),
    forward: (inputs) => {
      let split = 0;
      let memo: unknown;
      const stacks = batchFlat(
        (...examples) => {
          const result = rule.forward(examples);
          split = result.outputs.length;
          memo = result.memo;
          return [...result.outputs, ...result.residuals];
        },
        size,
        inputs,
        inputs.map(() => true),
      );
      return { outputs: stacks.slice(0, split), residuals: stacks.slice(split), memo };
    },
    backward: (residuals, memo, cotangents) => {
      const values = [...residuals, ...cotangents];
      let present: boolean[] = [];
      const stacks = batchFlat(
        (...examples) => {
          const leaving = rule.backward(
            examples.slice(0, residuals.length),
            memo,
            examples.slice(residuals.length),
          );
          present = leaving.map((ct) => ct !== null);
          return leaving.filter((ct) => ct !== null);
        },
        size,
        values,
        values.map(() => true),
      );
      let next = 0;
      return present.map((there) => (there ? stacks[next++]! : null));
    },
  };
  sizes.set(size, made);
  return made;
}

/**
 * Forward mode of a function that only knows its way back: with J the Jacobian, u -> Jᵀu is linear, and its own
 * transpose at the tangent t is J t.
 */
export function jvpFromVjp(
  rule: CustomVjpRule,
  primals: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): { outputs: Tensor[]; tangents: (Tensor | null)[] } {
  const { outputs, residuals, memo } = rule.forward(primals);
  const float = outputs.map((y) => isFloat(y.dtype));
  const seeds = outputs.map((y) => zerosLike(y));
  const moving = tangents.flatMap((t, i) => (t === null ? [] : [i]));
  const { pullback } = vjpFlat(
    (...cotangents) => {
      const leaving = rule.backward(residuals, memo, cotangents);
      return moving.map((i) => leaving[i] ?? zerosLike(primals[i]!));
    },
    seeds,
    float,
  );
  return { outputs, tangents: pullback(moving.map((i) => tangents[i]!)) };
}
