import { describe, expect, it } from 'vitest';
import { defineRecipe, parseRecipe, recipeOf } from '../../src/index.js';
import { refusal } from '../support/errors.js';
import { good, training } from './support.js';

const parse = (text: string): Promise<string> => refusal(() => parseRecipe(text, { file: 'run.yaml' }));

describe('parseRecipe', () => {
  it('keeps where everything stands', () => {
    const { data, file, positions } = parseRecipe(good, { file: 'run.yaml' });
    expect(file).toBe('run.yaml');
    expect(data['epochs']).toBe(2);
    expect(positions['title']).toEqual({ line: 2, column: 1 });
    expect(positions['dataset.train']).toEqual({ line: 4, column: 29 });
    expect(positions['optimizers[0]']).toEqual({ line: 6, column: 5 });
    expect(positions['optimizers[0].learningRate']).toEqual({ line: 6, column: 33 });
    expect(positions['optimizers[1].inner.learningRate.factor']).toEqual({ line: 12, column: 9 });
  });

  it('takes JSON, anchors and other line ends', () => {
    expect(parseRecipe('{"epochs": 3}').data).toEqual({ epochs: 3 });
    expect(parseRecipe('a: &x { use: toy/sgd }\r\nb: *x\r\n').data).toEqual({
      a: { use: 'toy/sgd' },
      b: { use: 'toy/sgd' },
    });
  });

  it('says what is wrong with text that is no recipe', async () => {
    expect(await parse('epochs: 2\nepochs: 3\n')).toBe('RECIPE: run.yaml:2:1: Map keys must be unique');
    expect(await parse('')).toBe(
      'RECIPE: run.yaml:1:1: a recipe is a mapping, such as "dataset: { use: ... }"; it is empty',
    );
    expect(await parse('- a\n- b\n')).toBe(
      'RECIPE: run.yaml:1:1: a recipe is a mapping, such as "dataset: { use: ... }"; got ["a","b"]',
    );
    expect(await parse('dataset: { use: a\nepochs: [1\n')).toMatchInlineSnapshot(`
      "RECIPE: 2 problems:
        run.yaml:2:1: Flow map in block collection must be sufficiently indented and end with a }
        run.yaml:3:1: Flow sequence in block collection must be sufficiently indented and end with a ]"
    `);
    expect(await parse('a: *nowhere\n')).toBe(
      'RECIPE: run.yaml:1:4: *nowhere stands for nothing; set &nowhere before it',
    );
    expect(await refusal(() => parseRecipe(3 as unknown as string))).toBe(
      'RECIPE: parseRecipe takes text, got 3',
    );
  });

  it('refuses a document that unfolds without end', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, index) =>
        `l${String(index + 1)}: &l${String(index + 1)} [${Array(9)
          .fill(`*l${String(index)}`)
          .join(', ')}]`,
    );
    expect(await parse(['l0: &l0 [x]', ...levels].join('\n'))).toMatch(
      /^RECIPE: run.yaml: Excessive alias count/,
    );
  });
});

describe('defineRecipe and recipeOf', () => {
  it('make a recipe of plain data', () => {
    const recipe = defineRecipe(training, {
      epochs: 1,
      dataset: { use: 'toy/digits' },
      optimizer: { use: 'toy/sgd', momentum: 0.5 },
    });
    expect(recipe).toEqual({
      data: { epochs: 1, dataset: { use: 'toy/digits' }, optimizer: { use: 'toy/sgd', momentum: 0.5 } },
      positions: {},
    });
  });

  it('refuse what is no object', async () => {
    expect(await refusal(() => recipeOf([1]))).toBe('RECIPE: a recipe is an object, got [1]');
  });
});
