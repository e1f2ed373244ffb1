import { describe, expect, it } from 'vitest';
import { applyRule, type ElementName, pairs, reference, relaxedModes } from './support.js';

/** The most units in the last place that a rule may be off. */
const bounds = { float32: 2, float64: 4 } as const;
/** How far off the reference kernels are themselves in float64 (for float32 they compute in float64 and round). */
const referenceErrors: { readonly [N in ElementName]?: number } = {
  erf: 3,
  erfc: 6,
  erfinv: 6,
  lgamma: 6,
  pow: 600,
  sinh: 2,
  cosh: 2,
  asinh: 2,
  acosh: 2,
  atanh: 2,
  atan2: 2,
};
type FloatType = keyof typeof bounds;

const unary: readonly ElementName[] = [
  'exp', 'expm1', 'sigmoid', 'tanh', 'log', 'log1p', 'softplus', 'erf', 'erfc', 'sin', 'cos', 'tan',
  'sinh', 'cosh', 'asinh', 'acosh', 'atanh', 'asin', 'acos', 'atan',
]; // prettier-ignore

const binary: readonly ElementName[] = ['pow', 'atan2'];

/** Ends of ranges, zeros, infinities, NaN, subnormals, and where results overflow or become 0. */
const edges = [
  0, 5e-324, 1e-310, 2 ** -1022, 1e-45, 1e-40, 2 ** -126, 1e-20, 1e-8, 0.25, 0.5, 0.55, 0.75, 1, 1.5, 2, 3, 10, 17, 40, 87.5, 88.722,
  88.723, 88.73, 89.5, 103.9, 104, 105, 150, 709.782712893384, 709.7827128933841, 710.4758600739439, 745.1332191019411, 745.2, 800, 1e9,
  // Near multiples of π/2, the second nearer than any other float64; on both sides of where reduction changes.
  Math.PI / 2, 6381956970095103 * 2 ** 797, Math.PI * 1e5, 2 ** 20, 2 ** 20 - 0.125, 1e17, 1e22, 3.4028234663852886e38, 1.7976931348623157e308, Infinity,
].flatMap((x) => [x, -x]).concat(NaN); // prettier-ignore

/** Deterministic numbers in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Numbers of all exponents, and more of those where functions bend. */
function samples(count: number, seed: number): number[] {
  const next = uniform(seed);
  const sign = (): number => (next() < 0.5 ? -1 : 1);
  return Array.from({ length: count }, (_, i) => {
    switch (i % 6) {
      case 0:
        return sign() * 2 ** (next() * 2098 - 1074);
      case 1:
        return sign() * 2 ** (next() * 276 - 149);
      case 2:
        return (next() - 0.5) * 1500;
      case 3:
        return sign() * (1 + (next() - 0.5) * 2 ** (-30 * next()));
      case 4:
        return (next() - 0.5) * 200;
      default:
        return (next() - 0.5) * 8;
    }
  });
}

/** Places of floats in their order: neighbours differ by 1, both zeros are 0. */
function places(values: Float32Array | Float64Array): bigint[] {
  const ordered = (bits: bigint, half: bigint): bigint => (bits < 0n ? -(bits + half) : bits);
  return values instanceof Float32Array
    ? Array.from(new Int32Array(values.buffer), (bits) => ordered(BigInt(bits), 1n << 31n))
    : Array.from(new BigInt64Array(values.buffer), (bits) => ordered(bits, 1n << 63n));
}

const arrays = { float32: Float32Array, float64: Float64Array } as const;

function check(name: ElementName, dtype: FloatType, relaxed: boolean, operands: readonly number[][]): void {
  const inputs = operands.map((values) => arrays[dtype].from(values));
  const want = arrays[dtype].from(
    reference(
      name,
      inputs,
      inputs.map(() => dtype),
      dtype,
    ),
  );
  const got = new arrays[dtype](applyRule(name, dtype, relaxed, inputs));
  const most = BigInt(bounds[dtype] + (dtype === 'float64' ? (referenceErrors[name] ?? 1) : 0));
  const [wanted, gotten] = [places(want), places(got)];
  for (let i = 0; i < want.length; i++) {
    const [y, x] = [got[i]!, want[i]!];
    if (Object.is(x, y)) continue;
    const apart = gotten[i]! - wanted[i]!;
    // Infinities are next to the largest numbers, zeros with a sign next to the smallest: all must agree.
    const near = Number.isFinite(x) && Number.isFinite(y) && (x !== 0 || y !== 0);
    if (!near || apart > most || -apart > most)
      expect.fail(`${name}(${inputs.map((values) => values[i]).join(', ')}) is ${y}, expected ${x}`);
  }
}

describe.each(relaxedModes)('relaxed: %s', (relaxed) => {
  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    it.each(unary)('%s is within a few units in the last place everywhere', (name) => {
      check(name, dtype, relaxed, [[...edges, ...samples(30000, 7)]]);
    });
    it.each(binary)('%s is within a few units in the last place everywhere', (name) => {
      const [a, b] = pairs([...edges, ...[3, 5, 64, 1 / 3, 2 ** 53 - 1].flatMap((x) => [x, -x])]);
      const small = samples(20000, 11).map((x, i) => (i % 2 ? x : Math.abs(x) % 4));
      check(name, dtype, relaxed, [
        [...a, ...small],
        [...b, ...samples(20000, 5)],
      ]);
    });
  });

  it.each(['float32', 'float64'] as const)(
    'erfinv of %s is within a few units in the last place',
    (dtype) => {
      const tails = samples(5000, 3).map((x) => Math.sign(x) * (1 - 2 ** -Math.abs(x % 54)));
      check('erfinv', dtype, relaxed, [[...edges, ...tails, ...samples(30000, 7).map((x) => x % 1.01)]]);
    },
  );

  it.each(['float32', 'float64'] as const)(
    'lgamma of %s is within a few units, below 0 of its terms',
    (dtype) => {
      const values = [...edges, ...samples(30000, 7), ...samples(10000, 9).map((x) => x % 16)];
      check('lgamma', dtype, relaxed, [values.filter((x) => !(x < 0))]);
      const negative = arrays[dtype].from(values.filter((x) => x < 0));
      const [want, terms] = [negative, negative.map((x) => 1 - x)].map((x) =>
        reference('lgamma', [x], [dtype], dtype),
      );
      const got = new arrays[dtype](applyRule('lgamma', dtype, relaxed, [negative]));
      got.forEach((y, i) => {
        const most =
          8 * (dtype === 'float32' ? 2 ** -24 : 2 ** -53) * (Math.abs(want![i]!) + Math.abs(terms![i]!));
        if (y !== want![i] && !(Math.abs(y - want![i]!) <= most))
          expect.fail(`lgamma(${negative[i]}) is ${y}, expected ${want![i]}`);
      });
    },
  );

  it('pow of float64 is within 2 units of exact powers, where the reference kernel may be hundreds off', () => {
    const bases: number[] = [];
    const exponents: number[] = [];
    for (let base = 3; base < 3e6; base = Math.ceil(base * 1.37))
      for (let n = 1; n * Math.log2(base) < 1023; n += 1 + (n >> 3)) {
        bases.push(base);
        exponents.push(n);
      }
    const inputs = [Float64Array.from(bases), Float64Array.from(exponents)];
    const got = places(new Float64Array(applyRule('pow', 'float64', relaxed, inputs)));
    const want = places(Float64Array.from(bases, (base, i) => Number(BigInt(base) ** BigInt(exponents[i]!))));
    want.forEach((place, i) => {
      if (Math.abs(Number(got[i]! - place)) > 2) expect.fail(`pow(${bases[i]}, ${exponents[i]})`);
    });
  });
});
