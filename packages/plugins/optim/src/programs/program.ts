import type { FunctionName } from './functions.js';

/*
 * An optimizer as a straight-line program, as in Chen et al. 2023 (arXiv:2302.06675), section 2.1: plain data that can be
 * printed, mutated, compared and run.
 */

/** A variable's name, or a constant. */
export type Operand = string | number;

/** `target = operation(...operands)` */
export interface Statement {
  readonly target: string;
  readonly operation: FunctionName;
  readonly operands: readonly Operand[];
}

/**
 * One step of an optimizer. It reads the weights `w`, the gradients `g`, the learning rate `lr` (a scalar), the number of
 * the step `t` (a scalar, 1 at first) and the state variables, which are zero before the first step. It must assign `update`,
 * and `w - update` are the new weights; what state variables hold at the end, the next step finds.
 */
export interface OptimizerProgram {
  /** Names of the state variables, each as large as the weights. */
  readonly state: readonly string[];
  readonly statements: readonly Statement[];
}

/** What every program can read, besides its state. */
export const inputs = { w: 'tensor', g: 'tensor', lr: 'scalar', t: 'scalar' } as const;

/** The variable that a program's result is in. */
export const result = 'update';
