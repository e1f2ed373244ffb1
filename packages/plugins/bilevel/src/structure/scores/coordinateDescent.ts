/** The quadratic ½ w^T H w - c^T w over k coordinates of which `at` names the rows of H, [stride, stride], and the entries of c. */
export interface Quadratic {
  readonly hessian: Float64Array;
  readonly stride: number;
  readonly linear: Float64Array;
  readonly at: readonly number[];
}

/**
 * Minimises ½ w^T H w - c^T w + penalty |w|₁ by coordinate descent from `start`: w_i ← soft(c_i - Σ_(j ≠ i) H_ij w_j, penalty) / H_ii,
 * until a sweep moves no coordinate by more than `tolerance` of the largest one, or `sweeps` are done.
 */
export function coordinateDescent(
  { hessian, stride, linear, at }: Quadratic,
  penalty: number,
  start: Float64Array,
  { tolerance, sweeps }: { readonly tolerance: number; readonly sweeps: number },
): Float64Array {
  const size = at.length;
  const w = start.slice();
  // c - H w, kept along the way
  const rest = Float64Array.from(at, (i) => linear[i]!);
  const move = (j: number, by: number): void => {
    const row = at[j]! * stride;
    for (let i = 0; i < size; i++) rest[i]! -= hessian[row + at[i]!]! * by;
  };
  for (let j = 0; j < size; j++) if (w[j] !== 0) move(j, w[j]!);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let [step, largest] = [0, 0];
    for (let i = 0; i < size; i++) {
      const curvature = hessian[at[i]! * stride + at[i]!]!;
      const pull = rest[i]! + curvature * w[i]!;
      const shrunk = Math.max(Math.abs(pull) - penalty, 0);
      const next = curvature > 0 ? (Math.sign(pull) * shrunk) / curvature : 0;
      const by = next - w[i]!;
      if (by !== 0) {
        move(i, by);
        w[i] = next;
      }
      step = Math.max(step, Math.abs(by));
      largest = Math.max(largest, Math.abs(next));
    }
    if (step <= tolerance * largest) break;
  }
  return w;
}
