/** What a decoder returns: samples interleaved by pixel, with their largest value. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: number;
  readonly samples: ArrayLike<number>;
  readonly max: number;
}
