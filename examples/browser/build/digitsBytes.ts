import { digits } from '@core/data/node';

export interface Sizes {
  readonly train: number;
  readonly test: number;
}

/** Digits as the page reads them: how many (two 32-bit numbers), their pixels, their labels; training digits first. */
export async function digitsBytes(sizes: Sizes): Promise<Uint8Array> {
  const { train, test } = await digits(sizes);
  return Buffer.concat([
    new Uint8Array(Uint32Array.of(sizes.train, sizes.test).buffer),
    ...[train, test].map(({ images }) => Uint8Array.from(images.data, (value) => Math.round(value * 255))),
    ...[train, test].map(({ labels }) => Uint8Array.from(labels.data)),
  ]);
}
