import { ShapeError, type Shape, type Tensor } from '@core/tensor';

/* Features of a backbone: tokens [tokens, channels] of a transformer, or maps [channels, height, width] of a convolutional network. */

/** Tokens and channels of an example. @throws ShapeError */
export function tokenShape(owner: string, inputShape: Shape): readonly [tokens: number, channels: number] {
  if (inputShape.every((length) => length > 0)) {
    const [a, b, c] = inputShape as [number, number, number];
    if (inputShape.length === 2) return [a, b];
    if (inputShape.length === 3) return [b * c, a];
  }
  throw new ShapeError(
    `${owner}: examples must be tokens [tokens, channels] or maps [channels, height, width], got [${inputShape.join(',')}] (the batch axis is not part of it)`,
  );
}

/** x [batch, tokens, channels], or [batch, channels, height, width], as tokens. */
export function tokensOf(owner: string, x: Tensor): Tensor {
  tokenShape(owner, x.shape.slice(1));
  return x.ndim === 3 ? x : x.flatten(2).swapAxes(1, 2);
}
