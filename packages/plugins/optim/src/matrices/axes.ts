import { atLeastOne, flag, oneOf, show, type Rule } from '@core/registry/checks';
import { ShapeError, type Tensor } from '@core/tensor';

/** Which axes of a parameter get a matrix of their own. */
export interface AxesOptions {
  /** Axes longer than this get no matrix; with one such side a rule is one-sided. At least 1. Default 10000. */
  readonly maxPreconditionDimension?: number;
  /**
   * Take neighbouring axes of leaves with two axes or more together while their product is at most
   * `maxPreconditionDimension`. Default false: one matrix for each axis.
   */
  readonly mergeDimensions?: boolean;
  /** Whether vectors have a matrix too. Default false. */
  readonly precondition1d?: boolean;
  /** With mergeDimensions: leaves of four axes are read in the order (0, 3, 1, 2) if 'channelsLast'. Default 'channelsFirst'. */
  readonly dataFormat?: 'channelsFirst' | 'channelsLast';
}

export const axesRules = {
  maxPreconditionDimension: atLeastOne,
  mergeDimensions: flag,
  precondition1d: flag,
  dataFormat: oneOf('channelsFirst', 'channelsLast'),
} satisfies Readonly<Record<keyof AxesOptions, Rule>>;

/** How a rule with a matrix for each axis sees a leaf. */
export interface Layout {
  /** The leaf's axes after merging. */
  readonly shape: readonly number[];
  /** Those of them that have a matrix. */
  readonly axes: readonly number[];
  /** The leaf as the rule sees it. */
  readonly read: (x: Tensor) => Tensor;
  /** The way back. */
  readonly write: (x: Tensor) => Tensor;
}

/** @throws ShapeError for leaves without elements, whose matrices would say nothing */
export function layoutOf(owner: string, path: string, param: Tensor, options: AxesOptions): Layout {
  const { maxPreconditionDimension: longest = 10000, mergeDimensions = false } = options;
  const { precondition1d = false, dataFormat = 'channelsFirst' } = options;
  if (param.size === 0)
    throw new ShapeError(
      `${owner}: the parameter at ${path === '' ? 'the root' : path} is ${show(param)}; ` +
        'a leaf without elements cannot be preconditioned, leave it out with masked or partition',
    );
  const permuted = mergeDimensions && dataFormat === 'channelsLast' && param.ndim === 4;
  const own = permuted ? [0, 3, 1, 2].map((axis) => param.shape[axis] ?? 1) : param.shape;
  const shape = mergeDimensions && param.ndim > 1 ? merged(own, longest) : own;
  const whole = param.ndim === 0 || (param.ndim === 1 && !precondition1d);
  return {
    shape,
    axes: whole ? [] : [...shape.keys()].filter((axis) => (shape[axis] ?? 0) <= longest),
    read: (x) => (permuted ? x.transpose([0, 3, 1, 2]) : x).reshape(shape),
    write: (x) => (permuted ? x.reshape(own).transpose([0, 2, 3, 1]) : x.reshape(own)),
  };
}

/** Neighbours multiplied while the product is at most `longest`, from the first axis on (soap.py, `merge_dims`). */
function merged(shape: readonly number[], longest: number): number[] {
  const result: number[] = [];
  let open = 1;
  for (const length of shape) {
    if (open * length <= longest) open *= length;
    else if (open > 1) {
      result.push(open);
      open = length;
    } else result.push(length);
  }
  return open > 1 || result.length === 0 ? [...result, open] : result;
}
