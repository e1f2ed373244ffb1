import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { bestOf, bestTrial, lastOf } from '../../src/report/data.js';
import { thin } from '../../src/report/curves.js';
import { renderReport } from '../../src/report/render.js';
import { settingsText } from '../../src/report/results.js';
import { sampleReport } from './sample.js';

/** What is used of a page here. */
interface Page {
  querySelector(
    selector: string,
  ): { readonly textContent: string; getAttribute(name: string): string | null } | null;
  querySelectorAll(
    selector: string,
  ): Iterable<{ readonly textContent: string; getAttribute(name: string): string | null }>;
}

function pageOf(html: string): Page {
  return (parseHTML(html) as unknown as { document: Page }).document;
}

const plain = (text: string | undefined): string => (text ?? '').replace(/\s+/g, ' ').trim();

describe('a report', () => {
  const data = sampleReport();
  const html = renderReport(data);
  const page = pageOf(html);

  test('opens with what came of it', () => {
    expect(plain(page.querySelector('h1')?.textContent)).toBe('Handwritten digits');
    expect(plain(page.querySelector('.lead')?.textContent)).toMatch(
      /^adamw reached 98\.\d\d % accuracy on 2,000 examples that it had not seen, after 3 epochs\. basics\/cnn with 9,098 parameters learned MNIST digits/,
    );
  });

  test('has a row for each optimizer, the best marked', () => {
    const rows = [...page.querySelectorAll('section:first-of-type tbody tr')];
    expect(rows.slice(0, 3).map((row) => row.getAttribute('class'))).toEqual(['', 'best', '']);
    expect(plain(rows[0]?.textContent)).toMatch(/^sgd learning rate 0\.001, .* 96\.\d\d % /);
  });

  test('draws loss and accuracy with a sign for each epoch of each optimizer', () => {
    const charts = [...page.querySelectorAll('svg.chart')];
    expect(charts.map((chart) => chart.getAttribute('aria-label'))).toEqual([
      'Loss of 3 optimizers over epochs',
      'accuracy of 3 optimizers over epochs',
    ]);
    expect([...page.querySelectorAll('svg.chart g[aria-label=dot] title')].length).toBe(2 * 3 * 3);
    expect(html).toContain('adamw, epoch 3: 98.');
  });

  test('shows every count of the confusion matrix', () => {
    const counts = data.confusion?.counts.flat() ?? [];
    const cells = [...page.querySelectorAll('svg.matrix rect')];
    expect(cells.length).toBe(100);
    const written = [...page.querySelectorAll('svg.matrix text.on, svg.matrix text.over')].map((cell) =>
      Number(cell.textContent),
    );
    expect(written).toEqual(counts.filter((count) => count > 0));
  });

  test('shows pictures of mistakes with answer, truth and confidence', () => {
    const figures = [...page.querySelectorAll('.gallery figure')];
    expect(figures.length).toBe(24);
    expect(plain(figures[1]?.textContent)).toBe('4is 1 97 % sure');
    const [picture] = page.querySelectorAll('.gallery img');
    expect(picture?.getAttribute('src')).toMatch(/^data:image\/png;base64,iVBOR/);
  });

  test('has recipe, machine, components and files', () => {
    expect(page.querySelector('pre')?.textContent).toBe(data.recipe.trimEnd());
    for (const text of ['Test CPU, 2 cores', 'optim@0.1.0', 'metrics.csv']) expect(html).toContain(text);
  });

  test('stands alone: no scripts, nothing from elsewhere', () => {
    expect(html).not.toMatch(/<script|<link|@import|url\((?!#)|src="(?!data:)/);
    expect(html).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(html).toContain('prefers-color-scheme: dark');
  });
});

test('text from a recipe cannot become markup', () => {
  const evil = '</style><img src=x onerror=alert(1)>"\'&\u0000';
  const data = sampleReport();
  const html = renderReport({
    ...data,
    title: evil,
    description: evil,
    recipe: `title: ${evil}`,
    trials: data.trials.map((trial) => ({ ...trial, name: evil, reason: evil, status: 'failed' as const })),
  });
  expect(html).not.toContain('<img src=x');
  expect(html).toContain('&lt;/style&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\ufffd');
});

test('a run with little to show still gives a page', () => {
  const { confusion: _, mistakes: __, filters: ___, ...data } = sampleReport();
  const nothing = renderReport({ ...data, status: 'failed', reason: 'the disk is full', trials: [] });
  expect(nothing).toContain('No model was measured');
  expect(nothing).toContain('the disk is full');
  const [first] = data.trials;
  if (first === undefined) throw new Error('the sample has trials');
  const diverged = {
    ...first,
    train: {
      loss: [
        [0.1, NaN],
        [0.2, Infinity],
      ] as const,
    },
    test: {},
  };
  expect(renderReport({ ...data, trials: [diverged] })).not.toContain('NaN');
  const regression = {
    ...first,
    test: {
      loss: [
        [1, 0.5],
        [2, 0.25],
      ] as const,
    },
  };
  expect(renderReport({ ...data, lead: { name: 'loss', goal: 'min' }, trials: [regression] })).toContain(
    '0.25',
  );
});

test('many classes give a matrix without numbers', () => {
  const classes = Array.from({ length: 60 }, (_, i) => `class ${i}`);
  const data = sampleReport();
  const html = renderReport({
    ...data,
    confusion: {
      trial: 'adamw',
      classes,
      counts: classes.map((_, a) => classes.map((_, p) => (a === p ? 9 : 0))),
    },
  });
  expect([...pageOf(html).querySelectorAll('svg.matrix rect')].length).toBe(3600);
});

test('best and last values', () => {
  expect(lastOf(undefined)).toBeUndefined();
  expect(
    bestOf(
      [
        [1, 0.5],
        [2, NaN],
        [3, 0.9],
        [4, 0.7],
      ],
      'max',
    ),
  ).toEqual([3, 0.9]);
  expect(
    bestOf(
      [
        [1, 0.5],
        [2, 0.1],
      ],
      'min',
    ),
  ).toEqual([2, 0.1]);
  const trial = (loss: number) => ({ test: { loss: [[1, loss]] as const } });
  const [a, b, c] = [trial(0.3), trial(NaN), trial(0.2)];
  expect(bestTrial([a, b, c], { name: 'loss', goal: 'min' })).toBe(c);
  expect(bestTrial([b], { name: 'loss', goal: 'min' })).toBeUndefined();
});

test('long curves are averaged, short ones stay', () => {
  const long = Array.from({ length: 1000 }, (_, i) => [i, 2] as const);
  expect(thin(long).length).toBeLessThanOrEqual(60);
  expect(thin(long).every(([, value]) => value === 2)).toBe(true);
  expect(thin([[1, 5]])).toEqual([[1, 5]]);
});

test('settings in words', () => {
  expect(
    settingsText({ learningRate: { use: 'optim/cosine', peak: 1 }, nesterov: true, betas: [0.9, 0.99] }),
  ).toBe('learning rate optim/cosine (peak 1), nesterov, betas [0.9,0.99]');
});
