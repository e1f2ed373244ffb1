import { ShapeError } from '@core/tensor';

/** The size n of examples [n, n] or [channels, n, n]. @throws ShapeError for others */
export function spdExample(
  owner: string,
  inputShape: readonly number[],
): { n: number; channels: number | undefined } {
  const [rows, n] = inputShape.slice(-2);
  if (inputShape.length < 2 || inputShape.length > 3 || rows !== n || n === undefined || n === 0)
    throw new ShapeError(
      `${owner}: examples must be matrices [n, n] or [channels, n, n], got [${inputShape.join(',')}] (the batch axis is not part of it)`,
    );
  return { n, channels: inputShape.length === 3 ? inputShape[0] : undefined };
}
