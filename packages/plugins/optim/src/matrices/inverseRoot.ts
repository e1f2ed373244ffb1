import { linalg, type Tensor } from '@core/tensor';
import { scalarDType } from '../math.js';

/**
 * (M + ε I)^p for a symmetric M without negative eigenvalues and p < 0, in float64.
 *
 * As εᵖ (M / ε + I)ᵖ, so that the function of the eigenvalues knows no other number: its derivative is then exact also
 * where eigenvalues meet, as those of a null space do. Rounding of M leaves no eigenvalue below ε / 2.
 *
 * @param epsilon a scalar greater than 0
 */
export function inverseRoot(matrix: Tensor, epsilon: Tensor, power: number): Tensor {
  const ridge = epsilon.cast(scalarDType());
  const root = linalg.symmetricFunction(matrix.cast(ridge.dtype).div(ridge), (values) =>
    values.add(1).maximum(0.5).pow(power),
  );
  return root.mul(ridge.pow(power)).cast(matrix.dtype);
}
