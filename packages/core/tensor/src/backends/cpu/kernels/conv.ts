import type { KernelFactory } from '../kernel.js';
import { correlation } from './conv/correlate.js';
import { directConvolution } from './conv/direct.js';
import { gatherConvolution } from './conv/gather.js';
import { geometryOf } from './conv/geometry.js';
import { scatterConvolution, scatterPays } from './conv/scatter.js';
import { windowConvolution } from './conv/windows.js';

/**
 * Convolution by matrix products, or plane by plane where a product would have a single row. Three kinds of equations
 * matter, a layer's own and those of its two gradients: see the forms for how each is cut into pieces of work. A thread
 * writes what its product needs into memory of its own, little enough that it stays in the cache, and multiplies there.
 * Integers are left to the reference kernel, as are empty sums.
 */
export const conv2dKernel: KernelFactory<'conv2d'> = (problem, engine) => {
  const geometry = geometryOf(problem);
  if (geometry === undefined) return undefined;
  const { images, groups, channels, filters, taps, positions } = geometry;
  if (images * groups * filters === 0) return () => undefined;
  if (channels === 0) return undefined;
  if (taps > positions) return correlation(geometry, engine) ?? windowConvolution(geometry, engine);
  const direct = directConvolution(geometry, engine);
  if (direct !== undefined) return direct;
  return scatterPays(geometry) ? scatterConvolution(geometry, engine) : gatherConvolution(geometry, engine);
};
