import type { Code, ValueType } from '../wasm/code.js';
import { f32x4, f64x2 } from '../wasm/code.js';
import type { Frame } from '../wasm/module.js';

/** Writes straight-line code: values that are read more than once are kept in locals. */
export interface Emitter {
  readonly frame: Frame;
  /** Adds code that leaves no value. */
  readonly emit: (code: Code) => void;
  /** Computes `code` now; the result reads the kept value, as often as wanted. */
  readonly keep: (code: Code, type?: ValueType) => Code;
  /** a b + c for four float32: fused where relaxed SIMD is there. */
  readonly madd32: (a: Code, b: Code, c: Code) => Code;
  /** a b + c for two float64. */
  readonly madd64: (a: Code, b: Code, c: Code) => Code;
  readonly relaxed: boolean;
}

/** An emitter, and the list that its code goes to. */
export function emitter(frame: Frame, relaxed: boolean): Emitter & { readonly code: Code[] } {
  const code: Code[] = [];
  return {
    frame,
    code,
    relaxed,
    emit: (piece) => void code.push(piece),
    keep: (value, type = 'v128') => {
      const kept = frame.keep(type, value);
      code.push(kept.code);
      return kept.get;
    },
    madd32: (a, b, c) => (relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)),
    madd64: (a, b, c) => (relaxed ? f64x2.relaxedMadd(a, b, c) : f64x2.add(f64x2.mul(a, b), c)),
  };
}

/**
 * A primitive on one vector of its operands' dtype. Operands can be read several times. The result has the operands'
 * dtype, or is a mask of the operands' lane width (all ones where true) for primitives whose result is bool. Bool
 * operands are masks of four 32-bit lanes.
 */
export type VectorRule = (e: Emitter, ...operands: Code[]) => Code;
