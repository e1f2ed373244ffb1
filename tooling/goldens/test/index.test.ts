import { describe, expect, it } from 'vitest';
import { goldenSubjects, loadGoldens, mismatch, type GoldenArray } from '../src/index.js';

const f64 = (...data: number[]): GoldenArray => ({
  shape: [data.length],
  dtype: 'float64',
  data: Float64Array.from(data),
});
const relative = { tolerance: 1e-3, scale: 0 } as const;

describe('loadGoldens', () => {
  it.each(goldenSubjects())('reads every case of %s', (subject) => {
    const cases = loadGoldens(subject);
    expect(cases.length).toBeGreaterThan(10);
    expect(new Set(cases.map((c) => c.name)).size).toBe(cases.length);
    for (const c of cases) {
      expect(c.source).not.toBe('');
      expect(Object.keys(c.expected)).not.toHaveLength(0);
      expect(c.tolerance).toBeGreaterThanOrEqual(0);
      for (const x of Object.values(c.expected)) expect(mismatch(x, x, c)).toBeUndefined();
    }
  });

  it('decodes NaN, infinities and signed zeros', () => {
    const sign = loadGoldens('elementwise').find((c) => c.name === 'sign float64');
    const x = [...(sign?.args.x?.data ?? [])];
    expect(x.some(Number.isNaN)).toBe(true);
    expect(x).toContain(-Infinity);
    expect(x.some((v) => Object.is(v, -0))).toBe(true);
    const norm = loadGoldens('reduce').find((c) => c.name === 'vector norm -inf');
    expect(norm?.options.ord).toBe(-Infinity);
  });

  it('resolves inputs that several cases share', () => {
    const [first, second] = loadGoldens('optim');
    expect(first?.args['grads.a']?.shape).toEqual([20, 3, 4]);
    expect(second?.args['params.a']?.dtype).toBe('float32');
  });
});

describe('mismatch', () => {
  it('names shape and dtype first', () => {
    expect(mismatch({ ...f64(1), dtype: 'float32' }, f64(1), relative)).toBe(
      'dtype float32, expected float64',
    );
    expect(mismatch({ ...f64(1), shape: [1, 1] }, f64(1), relative)).toBe('shape [1,1], expected [1]');
  });

  it('is relative to each entry, or to the whole array', () => {
    expect(mismatch(f64(100, 1.05), f64(100, 1), relative)).toBe(
      'entry 1 is 1.05, expected 1 (error 0.0500, allowed 0.001)',
    );
    expect(mismatch(f64(100, 1.05), f64(100, 1), { tolerance: 1e-3, scale: 'max' })).toBeUndefined();
  });

  it('wants NaN and infinities exactly', () => {
    expect(mismatch(f64(NaN, Infinity), f64(NaN, Infinity), relative)).toBeUndefined();
    expect(mismatch(f64(1e308), f64(Infinity), relative)).toContain('expected Infinity');
    expect(mismatch(f64(0), f64(NaN), relative)).toContain('expected NaN');
    expect(mismatch(f64(NaN), f64(0), relative)).toContain('entry 0 is NaN');
  });

  it('tells 0 from -0 where asked to', () => {
    expect(mismatch(f64(-0), f64(0), relative)).toBeUndefined();
    expect(mismatch(f64(-0), f64(0), { ...relative, signedZero: true })).toContain('entry 0 is -0');
  });
});
