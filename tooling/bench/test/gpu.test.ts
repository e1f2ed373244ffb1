import { describe, expect, it } from 'vitest';
import { help, parse } from '../src/gpu/arguments.mjs';
import { peakOf } from '../src/gpu/cards.mjs';
import { figuresOf, reportText } from '../src/gpu/report.mjs';
import { gpuSubjects } from '../src/gpu/subjects.mjs';

describe('the arguments of gpu:check', () => {
  it('are read, and all of them are in the help', () => {
    expect(parse([])).toEqual({ out: 'gpu-report.json', tests: true, quick: false, help: false });
    const list = ['--quick', '--no-tests', '--out', 'a.json', '--peak-gflops', '100', '--peak-gbps', '2.5'];
    expect(parse(list)).toEqual({
      out: 'a.json',
      tests: false,
      quick: true,
      help: false,
      peakGflops: 100,
      peakGbps: 2.5,
    });
    for (const flag of list.filter((one) => one.startsWith('--'))) expect(help).toContain(flag);
  });

  it.each([
    [['--fast'], "there is no '--fast'; see --help"],
    [['--peak-gbps', 'much'], '--peak-gbps needs a number above 0'],
    [['--out'], '--out needs the name of a file'],
  ])('%j are refused', (list, message) => {
    expect(() => parse(list)).toThrow(message);
  });
});

describe("a card's peak", () => {
  it.each([
    ['NVIDIA H100 80GB HBM3', 66_900, 3350],
    ['NVIDIA H100 PCIe', 51_200, 2000],
    ['NVIDIA A100-SXM4-80GB', 19_500, 2039],
    ['NVIDIA GeForce RTX 4080 SUPER', 52_200, 736],
    ['Tesla T4', 8100, 320],
    ['Apple M1', 2600, 68],
    ['Apple M1 Max', 10_400, 400],
  ])('of %s is known', (name, gflops, gbps) => {
    expect(peakOf(`WebGPU on ${name}, driver 550`)).toEqual({ gflops, gbps, from: 'the maker' });
  });

  it('is what is given, and unknown where nobody says', () => {
    expect(peakOf('Tesla T4', { peakGflops: 9000 })).toEqual({
      gflops: 9000,
      gbps: 320,
      from: 'the command line',
    });
    expect(peakOf('L4000 of tomorrow')).toEqual({ gflops: undefined, gbps: undefined, from: undefined });
  });
});

describe('the report', () => {
  const peak = peakOf('Tesla T4');
  const matmul = { suite: 'gemm', name: 'matmul 1024', work: 2 * 1024 ** 3, flops: true };
  const add = { suite: 'elementwise', name: 'add 1e6', work: 1e6, bytes: 12e6 };
  const rows = [
    figuresOf(
      {
        subject: matmul,
        results: { WebGPU: { milliseconds: 1 }, CPU: { milliseconds: 20 }, PyTorch: { milliseconds: 0.5 } },
      },
      peak,
    ),
    figuresOf({ subject: add, results: { WebGPU: { milliseconds: 0.1 }, CPU: { reason: 'no room' } } }, peak),
    figuresOf(
      { subject: { ...add, name: 'add 1e8' }, results: { WebGPU: { reason: 'wrong: 1', milliseconds: 1 } } },
      peak,
    ),
  ];

  it('has rates and the share of the peak', () => {
    expect(rows[0]).toMatchObject({ webgpu: 1, cpu: 20, pytorch: 0.5, gflops: (2 * 1024 ** 3) / 1e6 });
    expect(rows[0]!.share).toBeCloseTo(2147.48 / 8100, 5);
    expect(rows[1]).toMatchObject({ gbps: 120, share: 120 / 320, reasons: ['CPU: no room'] });
    // A wrong result has no time.
    expect(rows[2]!.webgpu).toBeUndefined();
  });

  it('is a table, with why something is missing', () => {
    const text = reportText(rows, peak);
    expect(text).toMatch(/^Peak, from the maker: 8100 GFLOP\/s in float32, 320 GB\/s\./);
    expect(text).toMatch(
      /\| matmul 1024 \| +1\.00 \| 2147 GFLOP\/s \| +26\.5 % \| +20\.0 \| +20\.0 \| +0\.500 \| +2\.00 \|/,
    );
    expect(text).toMatch(/\| add 1e6 +\| +0\.100 \| +120 GB\/s \| +37\.5 % \| +- \|/);
    expect(text).toContain('- CPU: no room (add 1e6)\n- WebGPU: wrong: 1 (add 1e8)');
    expect(reportText(rows, peakOf(''))).toMatch(/^The card's peak is not known here; --peak-gflops/);
  });
});

it('measures less when quick', () => {
  const names = (quick: boolean): unknown[] => gpuSubjects(quick).map(({ name }) => name);
  expect(names(false)).toEqual(
    expect.arrayContaining(['matmul 4096', 'add 1e8', 'convolution 64', 'transformer step 8']),
  );
  expect(names(true)).toEqual(
    expect.arrayContaining(['matmul 256', 'add 1e6', 'convolution 8', 'CNN step 64']),
  );
  expect(names(true).length).toBeLessThan(names(false).length / 2 + 1);
});
