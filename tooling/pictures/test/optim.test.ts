import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad, tensor, type Tensor } from '@core/tensor';
import { adam, lion, sgd } from '@plugins/optim';
import { pathObjectives, tracePath, tunePath } from '@plugins/optim/paths';
import { componentsOf, functionName } from '../src/components.js';
import { costsOf } from '../src/costs.js';
import { curvedSophia, direction, normalized, separation } from '../src/objectives.js';
import { optimizerOf } from '../src/optimizers.js';
import { optimPages } from '../src/pages.js';
import { pathOf, pictureOf, plans } from '../src/pictures.js';

const home = new URL('../../../packages/plugins/optim/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, home), 'utf8');

describe('the pages of optim', () => {
  it('say what pnpm pictures would write', async () => {
    for (const [path, content] of await optimPages(home)) expect(read(path), path).toBe(content);
  });

  it('have a section and a picture for every optimizer', () => {
    const page = read('docs/optimizers.md');
    const sections = new Map(page.split(/^## /m).map((text) => [text.split('\n')[0], text]));
    for (const [id, { title }] of componentsOf('optimizer')) {
      const [, picture = 'none'] = /\]\((paths\/[\w-]+\.svg)\)/.exec(sections.get(title) ?? '') ?? [];
      expect(picture, title).toBe(`paths/${pictureOf(id)}.svg`);
      expect(existsSync(new URL(`docs/${picture}`, home)), picture).toBe(true);
    }
  });

  it('name functions that are there', () => {
    expect(functionName('lion-k')).toBe('lionK');
    expect(functionName('parameter-groups')).toBe('partition');
    expect(functionName('lora-limits')).toBeUndefined();
  });
});

describe('the pictures of optim', () => {
  const all = Object.entries(plans());

  it.each(all)('%s is small, and its path is the one that the optimizer takes', async (name, plan) => {
    const svg = read(`docs/paths/${name}.svg`);
    expect(svg.length).toBeLessThan(15_000);
    const [, title = ''] = /<title>(.*)<\/title>/.exec(svg) ?? [];
    const said = [...title.matchAll(/rate ([\d.e-]+), (\d+) steps, f ([\d.e+-]+)/g)];
    expect(said).toHaveLength(plan.length);
    for (const [i, panel] of plan.entries()) {
      const [, rate, steps, end] = said[i]!.map(Number);
      const { losses } = await pathOf(panel, rate);
      expect(losses).toHaveLength(steps! + 1);
      const last = losses.at(-1)!;
      // The picture has two digits, of what is tiny one; what is 0 but for rounding may round otherwise elsewhere.
      expect(Math.abs(last - end!)).toBeLessThanOrEqual(
        end! < 1e-10 ? 1e-10 : (end! < 1e-3 ? 0.5 : 0.06) * end!,
      );
    }
  });

  it('have the rates of the rule', () => {
    const svg = read('docs/paths/lion.svg');
    const rates = Object.values(pathObjectives).map((objective) => tunePath(lion(), objective).learningRate);
    expect(svg).toMatch(new RegExp(`Rosenbrock, rate ${rates[0]},.*condition 50, rate ${rates[1]},`));
  });

  it('are all in the overview, once', () => {
    const svg = read('docs/paths/overview.svg');
    const both = all.filter(([, [panel]]) => panel?.objective === pathObjectives.rosenbrock);
    expect(svg.match(/<use /g)).toHaveLength(both.length);
    expect(svg.length).toBeLessThan(60_000);
  });
});

describe('costs', () => {
  it('are those that can be counted by hand', async () => {
    // One multiplication by the rate, and a few scalars.
    const { bytes, operations } = costsOf(sgd({ learningRate: 0.1 }));
    expect(bytes).toBe(0);
    expect(operations).toBeCloseTo(1, 2);
    // Arrays of 4 bytes for each of the 64 × 64 parameters.
    expect(costsOf(adam()).bytes).toBe(8);
    expect(costsOf(adam({ amsgrad: true })).bytes).toBe(12);
    expect(costsOf(lion()).bytes).toBe(4);
    // A row and a column; two arrays and four square matrices; a window.
    expect(costsOf(await optimizerOf('adafactor')).bytes).toBe((4 * 2 * 64) / 64 ** 2);
    expect(costsOf(await optimizerOf('soap')).bytes).toBe(4 * (2 + 4));
    // m ← β₁ m + (1 - β₁) g: 3, v: 4, the root with its floor, slope and offset: 4, the quotient and the rate: 2.
    expect(costsOf(adam()).operations).toBeCloseTo(13, 1);
  });
});

describe('objectives', () => {
  it('direction depends on the direction alone', () => {
    const at = (x: number, y: number): number => direction.loss(tensor([x, y], { dtype: 'float64' })).item();
    expect(at(1, 1)).toBeCloseTo(0, 12);
    expect(at(3, 4)).toBeCloseTo(at(0.3, 0.4), 12);
    expect(at(-1, -1)).toBeCloseTo(2, 12);
  });

  it('a normalized step is the gradient over the mean sigmoid', () => {
    const { points } = tracePath(normalized(0.5), separation, { steps: 1 });
    const start = tensor([...separation.start], { dtype: 'float64' });
    const gradient = Array.from(grad((p: Tensor) => separation.loss(p))(start).dataSync(), Number);
    // Both components of the step are the gradient's, times one factor that is larger than the rate.
    const factors = points[1]!.map((x, i) => (separation.start[i]! - x) / gradient[i]!);
    expect(factors[0]).toBeCloseTo(factors[1]!, 10);
    expect(factors[0]).toBeGreaterThan(0.5);
  });

  it('Sophia’s curvature is that of the objective', () => {
    const bowl = { ...pathObjectives.quadratic, loss: (p: Tensor) => p.square().mul(tensor([1, 9], { dtype: 'float64' })).sum() }; // prettier-ignore
    const optimizer = curvedSophia(bowl);
    const params = tensor([[1, 1]], { dtype: 'float64' });
    const { state } = optimizer.update(params, optimizer.init(params), params);
    // A hundredth of the Hessian's diagonal, 2 and 18, enters at the first update.
    const { h } = (state as unknown as { moments: { h: Tensor } }).moments;
    expect(Array.from(h.dataSync(), (x) => Number(x).toFixed(6))).toEqual(['0.020000', '0.180000']);
  });
});
