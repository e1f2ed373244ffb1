import { describe, expect, it } from 'vitest';
import { parseRecipe, setByPath } from '../../src/index.js';
import { refusal } from '../support/errors.js';
import { good } from './support.js';

const recipe = parseRecipe(good, { file: 'run.yaml' });
const set = (assignment: string): Readonly<Record<string, unknown>> => setByPath(recipe, assignment).data;

describe('setByPath', () => {
  it('changes one value in a copy', () => {
    expect(set('optimizers[0].use=toy/wrapped')).toEqual({
      ...recipe.data,
      optimizers: [
        { name: 'slow', use: 'toy/wrapped', learningRate: 0.001 },
        (recipe.data['optimizers'] as unknown[])[1],
      ],
    });
    expect(recipe.data).toEqual(parseRecipe(good).data);
  });

  it.each([
    ['epochs=3', 3],
    ['epochs=1e-3', 0.001],
    ['epochs=true', true],
    ['epochs=null', null],
    ['epochs=', ''],
    ['epochs="3"', '3'],
    ['epochs=[1, 2]', [1, 2]],
    ['epochs={ use: toy/decay }', { use: 'toy/decay' }],
    ['epochs=a=b', 'a=b'],
    ['epochs=[1', '[1'],
    ['epochs=@x', '@x'],
  ])('reads %s as YAML', (assignment, value) => {
    expect(set(assignment)['epochs']).toEqual(value);
  });

  it('finds list items by name, or by the last part of their id', () => {
    expect(set('optimizers.slow.momentum=0.9')).toEqual(set('optimizers[0].momentum=0.9'));
    expect(set('optimizers.wrapped.mode=fancy')).toEqual(set('optimizers[1].mode=fancy'));
    expect(set('optimizers.1.mode=fancy')).toEqual(set('optimizers[1].mode=fancy'));
  });

  it('makes what is not there, and appends to lists', () => {
    expect(set('schedule.use=toy/decay')['schedule']).toEqual({ use: 'toy/decay' });
    expect(set('optimizers[2].use=toy/sgd')['optimizers']).toHaveLength(3);
  });

  it('says that the value came from the command line', () => {
    const { positions } = setByPath(recipe, 'optimizers[1].inner={ use: toy/sgd }');
    expect(positions['optimizers[1].inner']).toEqual({
      line: 0,
      column: 0,
      file: '--set optimizers[1].inner={ use: toy/sgd }',
    });
    expect(positions['optimizers[1].inner.use']).toBeUndefined();
    expect(positions['optimizers[1].use']).toBeDefined();
  });

  it.each([
    ['epochs', 'RECIPE: --set takes path=value, such as optimizer.use=optim/lion; got "epochs"'],
    ['=3', 'RECIPE: --set takes path=value, such as optimizer.use=optim/lion; got "=3"'],
    [
      'a..b=3',
      'RECIPE: --set a..b=3: "a..b" is no path; write keys with dots and items as [0], such as optimizers[0].use',
    ],
    ['epochs.x=3', 'RECIPE: --set epochs.x=3: epochs is 2, which has no x'],
    [
      'optimizers[5].use=a',
      'RECIPE: --set optimizers[5].use=a: optimizers has 2 items, so [5] is past its end',
    ],
    [
      'optimizers.slo.use=a',
      'RECIPE: --set optimizers.slo.use=a: optimizers has no item slo; did you mean slow?',
    ],
  ])('refuses %s', async (assignment, message) => {
    expect(await refusal(() => setByPath(recipe, assignment))).toBe(message);
  });

  it('never touches a prototype', () => {
    set('__proto__.polluted=1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
