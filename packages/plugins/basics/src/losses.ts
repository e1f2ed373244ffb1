import * as nn from '@core/nn';
import type { Loss } from '@core/registry';

/* The losses of @core/nn with their options bound: what a training loop of components calls. */

/** `crossEntropy` of @core/nn. */
export const crossEntropy =
  (options: Pick<nn.CrossEntropyOptions, 'labelSmoothing'> = {}): Loss =>
  (outputs, targets) =>
    nn.crossEntropy(outputs, targets, options);

/** `focal` of @core/nn. */
export const focal =
  (options: Pick<nn.FocalOptions, 'gamma'> = {}): Loss =>
  (outputs, targets) =>
    nn.focal(outputs, targets, options);

/** `binaryCrossEntropy` of @core/nn. */
export const binaryCrossEntropy = (): Loss => (outputs, targets) => nn.binaryCrossEntropy(outputs, targets);

/** `mse` of @core/nn. */
export const mse = (): Loss => (outputs, targets) => nn.mse(outputs, targets);

/** `huber` of @core/nn. */
export const huber =
  (options: { readonly delta?: number } = {}): Loss =>
  (outputs, targets) =>
    nn.huber(outputs, targets, options);
