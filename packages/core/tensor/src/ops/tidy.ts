import { adopt, collect } from '../scope.js';
import { ConcreteTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { isRecording } from '../trace.js';

/**
 * The result of an operation made of several, without the tensors between, which nobody else knows. Where a transform
 * watches, they are its own and stay: it may need them on its way back.
 */
export function tidy(operands: readonly Tensor[], body: () => Tensor): Tensor {
  if (isRecording() || !operands.every((operand) => operand instanceof ConcreteTensor)) return body();
  const { result, made } = collect(body);
  for (const tensor of made) {
    if (tensor === result) adopt(tensor);
    else tensor.dispose();
  }
  return result;
}
