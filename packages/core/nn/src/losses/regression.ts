import { ArgumentError, where } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { sameShapes } from '../check.js';
import { reduceLoss } from './reduction.js';
import type { ReductionOption } from './reduction.js';

/** (prediction - target)² */
export function mse(
  prediction: Tensor,
  target: Tensor,
  { reduction = 'mean' }: ReductionOption = {},
): Tensor {
  sameShapes('mse', prediction, target);
  return reduceLoss('mse', prediction.sub(target).square(), reduction);
}

/** |prediction - target| */
export function l1(prediction: Tensor, target: Tensor, { reduction = 'mean' }: ReductionOption = {}): Tensor {
  sameShapes('l1', prediction, target);
  return reduceLoss('l1', prediction.sub(target).abs(), reduction);
}

function positive(loss: string, name: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value))
    throw new ArgumentError(`${loss}: ${name} must be a finite number above 0, got ${value}`);
}

/** d²/2 where |d| <= delta, else delta·(|d| - delta/2). Huber 1964. Default delta 1. */
export function huber(
  prediction: Tensor,
  target: Tensor,
  { delta = 1, reduction = 'mean' }: ReductionOption & { readonly delta?: number } = {},
): Tensor {
  positive('huber', 'delta', delta);
  sameShapes('huber', prediction, target);
  const d = prediction.sub(target);
  const size = d.abs();
  const elements = where(size.lessEqual(delta), d.square().mul(0.5), size.sub(delta / 2).mul(delta));
  return reduceLoss('huber', elements, reduction);
}

/** huber / beta: slope ±1 outside |d| <= beta. Girshick 2015. Default beta 1. */
export function smoothL1(
  prediction: Tensor,
  target: Tensor,
  { beta = 1, reduction = 'mean' }: ReductionOption & { readonly beta?: number } = {},
): Tensor {
  positive('smoothL1', 'beta', beta);
  sameShapes('smoothL1', prediction, target);
  return huber(prediction, target, { delta: beta, reduction }).div(beta);
}

/** a·b / (|a| |b|) along an axis; each norm counts as at least epsilon (1e-8). */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  { axis = -1, epsilon = 1e-8 }: { readonly axis?: number; readonly epsilon?: number } = {},
): Tensor {
  sameShapes('cosineSimilarity', a, b);
  positive('cosineSimilarity', 'epsilon', epsilon);
  const norm = (x: Tensor): Tensor => {
    const squared = x.square().sum(axis);
    // The root's slope at 0 is infinite; the bound is taken before it.
    return squared.maximum(epsilon ** 2).sqrt();
  };
  return a
    .mul(b)
    .sum(axis)
    .div(norm(a).mul(norm(b)));
}
