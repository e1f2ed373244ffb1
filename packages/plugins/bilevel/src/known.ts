import { TrellisError, type Tensor } from '@core/tensor';

/** A scalar's value where it can be looked at: not in compiled and batched code, nor on a device that answers later. */
export function known(x: Tensor | undefined): number | undefined {
  try {
    return x?.item();
  } catch (error) {
    if (error instanceof TrellisError) return undefined;
    throw error;
  }
}
