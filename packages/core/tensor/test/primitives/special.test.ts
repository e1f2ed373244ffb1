import { describe, expect, it } from 'vitest';
import { gammaSampleDerivative, sampleGamma } from '../../src/primitives/kernels/gamma.js';
import { erf, erfc, erfinv, lgamma, polygamma } from '../../src/primitives/kernels/special.js';
import { KeyStream, threefry2x32 } from '../../src/primitives/kernels/threefry.js';
import { generator } from '../support/kernels.js';

// Values by mpmath with 40 digits.
/* prettier-ignore */
const known: { readonly [name: string]: { f: (x: number) => number; values: readonly (readonly [number, number])[] } } = {
  erf: { f: erf, values: [[1e-10, 1.1283791670955126e-10], [0.1, 0.1124629160182849], [0.46875, 0.49261347321793799], [0.5, 0.52049987781304654], [1.5, 0.96610514647531073], [-2.25, -0.99853728341331885], [3.9, 0.9999999652077514], [5.5, 0.99999999999999264]] },
  erfc: { f: erfc, values: [[-3.0, 1.9999779095030014], [0.2, 0.77729741078952153], [1.0, 0.15729920705028513], [4.5, 1.9661604415428875e-10], [10.0, 2.0884875837625448e-45], [26.0, 5.6631924088561428e-296]] },
  erfinv: { f: erfinv, values: [[1e-12, 8.86226925452758e-13], [0.1, 0.088855990494257692], [-0.5, -0.47693627620446987], [0.85, 1.0179024648320276], [0.9, 1.1630871536766742], [0.999, 2.3267537655135245], [-0.9999999999, -4.5728249585449249], [0.9999999999999999, 5.8635847487551679]] },
  lgamma: { f: lgamma, values: [[1e-20, 46.051701859880914], [0.1, 2.2527126517342059], [0.5, 0.57236494292470009], [1.00000001, -5.7721565316885122e-9], [1.5, -0.12078223763524522], [1.99999999, -4.2278432930433731e-9], [2.7, 0.43482055365510467], [7.9, 8.3242658680088096], [8.1, 8.7273882634320398], [100.5, 361.43554046777762], [1e10, 220258509288.81058], [-0.3, 1.4648400508576025], [-2.5, -0.056243716497674051], [-50.25, -147.96757866714193]] },
  digamma: { f: (x) => polygamma(0, x), values: [[1e-5, -100000.57719921567], [0.25, -4.2274535333762654], [1, -0.57721566490153286], [2.5, 0.70315664064524319], [9.9, 2.2411803166063814], [40, 3.6763273740348431], [1e6, 13.815510057964191], [-0.5, 0.036489973978576521], [-3.75, -1.6923885983113303]] },
  trigamma: { f: (x) => polygamma(1, x), values: [[1e-5, 10000000001.644908], [0.25, 17.197329154507111], [1, 1.6449340668482264], [2.5, 0.49035775610023486], [9.9, 0.10628304162874059], [40, 0.025315103841291028], [1e6, 1.0000005000001667e-6], [-0.5, 8.9348022005446793], [-3.75, 19.504980060599575]] },
  'polygamma 2': { f: (x) => polygamma(2, x), values: [[1e-5, -2000000000000001.9], [0.25, -129.32773993753692], [1, -2.4041138063191886], [2.5, -0.2362040516417274], [9.9, -0.011285526423707164], [40, -0.00064082027183529859], [1e6, -1.0000010000005e-12], [-0.5, -0.82879664423432], [-3.75, -124.07972713378925]] },
  'polygamma 3': { f: (x) => polygamma(3, x), values: [[1e-5, 5.999999999999998e20], [0.25, 1538.7821440091884], [1, 6.4939394022668291], [2.5, 0.22390584881725205], [9.9, 0.0023944512637461599], [40, 3.24414001515635e-5], [1e6, 2.000003000002e-18], [-0.5, 193.40909103400244], [-3.75, 1558.5200920240343]] },
};

describe('special functions', () => {
  it.each(Object.keys(known))('%s agrees with 40-digit values to 1e-14', (name) => {
    const { f, values } = known[name]!;
    for (const [x, expected] of values) {
      expect(Math.abs(f(x) / expected - 1), `${name}(${x}) = ${f(x)}, expected ${expected}`).toBeLessThan(
        1e-14,
      );
    }
  });

  it.each([1, 2, 3])('identities hold at random points (seed %i)', (seed) => {
    const random = generator(seed);
    for (let i = 0; i < 200; i++) {
      const x = random() * 12 - 6;
      expect(erf(-x)).toBe(-erf(x));
      expect(erf(x) + erfc(x)).toBeCloseTo(1, 14);
      const u = random() * 1.998 - 0.999;
      expect(Math.abs(erf(erfinv(u)) / u - 1)).toBeLessThan(1e-14);
      const a = random() * 20 + 0.01;
      expect(Math.abs(lgamma(a + 1) - lgamma(a) - Math.log(a))).toBeLessThan(
        1e-13 * Math.max(1, lgamma(a + 1)),
      );
      expect(Math.abs(polygamma(0, a + 1) - polygamma(0, a) - 1 / a)).toBeLessThan(
        1e-13 * Math.max(1, 1 / a),
      );
      for (const order of [1, 2, 4]) {
        const step = polygamma(order, a) - polygamma(order, a + 1);
        const factorial = [1, 1, 2, 6, 24][order]!;
        const expected = (order % 2 === 1 ? 1 : -1) * factorial * a ** -(order + 1);
        expect(Math.abs(step - expected)).toBeLessThan(1e-13 * Math.abs(polygamma(order, a)));
      }
    }
  });

  it('are right at edges', () => {
    expect([erf(0), erf(Infinity), erf(-Infinity), erf(NaN)]).toEqual([0, 1, -1, NaN]);
    expect(Object.is(erf(-0), -0)).toBe(true);
    expect([erfc(Infinity), erfc(-Infinity), erfc(NaN)]).toEqual([0, 2, NaN]);
    expect([erfinv(1), erfinv(-1), erfinv(1.1), erfinv(NaN), erfinv(0)]).toEqual([
      Infinity,
      -Infinity,
      NaN,
      NaN,
      0,
    ]);
    expect([
      lgamma(1),
      lgamma(2),
      lgamma(0),
      lgamma(-3),
      lgamma(Infinity),
      lgamma(-Infinity),
      lgamma(NaN),
    ]).toEqual([0, 0, Infinity, Infinity, Infinity, Infinity, NaN]);
    expect([polygamma(0, 0), polygamma(0, -2), polygamma(0, Infinity), polygamma(0, NaN)]).toEqual([
      -Infinity,
      NaN,
      Infinity,
      NaN,
    ]);
    expect([
      polygamma(1, 0),
      polygamma(1, -2),
      polygamma(1, Infinity),
      polygamma(2, -1),
      polygamma(2, -Infinity),
    ]).toEqual([Infinity, Infinity, 0, NaN, NaN]);
  });
});

describe('Threefry', () => {
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [-1, -1],
      [-1, -1],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3 | 0],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)('gives the published words for key %j', (key, counter, words) => {
    const out = new Int32Array(2);
    threefry2x32(key[0], key[1], counter[0], counter[1], out);
    expect([out[0]! >>> 0, out[1]! >>> 0]).toEqual(words);
  });
});

describe('gamma samples', () => {
  // Derivative of the quantile by mpmath, with 40 digits.
  it.each([
    [0.01, 1e-20, 4.549081640201224e-17],
    [0.01, 0.5, 46.67927940515068],
    [0.3, 0.02, 0.254194302084589],
    [0.3, 2.5, 3.840224165818919],
    [1, 0.1, 0.2892731166159389],
    [1, 1, 1.173563027224727],
    [1, 8, 2.768936845834868],
    [5.5, 1, 0.3892788177851505],
    [5.5, 5.6, 1.040113200553546],
    [5.5, 20, 1.83312436068009],
    [100, 80, 0.8940606683561829],
    [100, 101.5, 1.009143552951089],
    [100, 140, 1.179610460446782],
    [2000, 1900, 0.9746538045785402],
    [2000, 2080, 1.019823520170338],
    [300000, 301095, 1.001823340194894],
    [300000, 299178, 0.9986293018100684],
  ])('d sample / d alpha at alpha %f, sample %f', (alpha, sample, expected) => {
    expect(Math.abs(gammaSampleDerivative(alpha, sample) / expected - 1)).toBeLessThan(
      alpha > 1e5 ? 1e-9 : 1e-12,
    );
  });

  it('is NaN outside the domain and 0 for a sample that underflowed', () => {
    expect(gammaSampleDerivative(0.001, 0)).toBe(0);
    expect([
      gammaSampleDerivative(-1, 1),
      gammaSampleDerivative(1, -1),
      gammaSampleDerivative(NaN, 1),
      gammaSampleDerivative(1, Infinity),
    ]).toEqual([NaN, NaN, NaN, NaN]);
    expect([sampleGamma(new KeyStream(0, 1), -1, true), sampleGamma(new KeyStream(0, 1), NaN, true)]).toEqual(
      [NaN, NaN],
    );
    expect([
      sampleGamma(new KeyStream(0, 1), 0, true),
      sampleGamma(new KeyStream(0, 1), Infinity, true),
    ]).toEqual([0, Infinity]);
  });

  it.each([0.2, 1, 3.7, 50])('have mean and variance alpha = %f', (alpha) => {
    const root = new KeyStream(7, 8);
    const n = 20000;
    let total = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const x = sampleGamma(root.child(i), alpha, true);
      total += x;
      squares += (x - alpha) ** 2;
    }
    // Five standard errors; the fourth central moment of Gamma(a) is 3a² + 6a.
    expect(Math.abs(total / n - alpha)).toBeLessThan(5 * Math.sqrt(alpha / n));
    expect(Math.abs(squares / n - alpha)).toBeLessThan(5 * Math.sqrt((2 * alpha * alpha + 6 * alpha) / n));
  });
});
