import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatProblem } from '../src/errors.js';
import { checkManifest, isId } from '../src/manifest.js';
import { toy } from './support/toy.js';

const component = {
  kind: 'optimizer',
  title: 'A title',
  summary: 'A line.',
  config: z.object({}),
  load: () => Promise.reject(new Error('never')),
};
const manifest = { contract: 1, name: 'hello', version: '1.0.0', components: { it: component } };
const problems = (candidate: unknown): string[] => checkManifest(candidate).map(formatProblem);

describe('checkManifest', () => {
  it('finds nothing in a manifest that keeps the contract', () => {
    expect(problems(toy)).toEqual([]);
    expect(problems(manifest)).toEqual([]);
  });

  it.each([
    [undefined, 'the manifest is undefined, not an object; export what definePlugin returns as default'],
    [{ ...manifest, contract: 2 }, 'contract: is 2; this registry speaks contract 1'],
    [
      { ...manifest, name: 'Hello' },
      'name: is "Hello"; names are lower case letters, digits and single dashes, such as adam-w',
    ],
    [{ ...manifest, version: 'one' }, 'version: is "one"; a version is three numbers, such as 0.1.0'],
    [{ ...manifest, component: {} }, 'component: is not part of a manifest; did you mean components?'],
    [{ ...manifest, components: [component] }, /^components: is \[.*; it maps names to components$/],
    [
      { ...manifest, requires: { '@core/tensor': 'new' } },
      'requires["@core/tensor"]: is "new"; a range is such as ^0.1.0 or >=1.2',
    ],
    [{ ...manifest, requires: ['x'] }, 'requires: is ["x"]; it maps package names to version ranges'],
    [{ ...manifest, kinds: { tokenizer: '' } }, 'kinds["tokenizer"]: needs a line that says what it is'],
    [{ ...manifest, kinds: 3 }, 'kinds: is 3; it maps the names of new kinds to a line on each'],
  ])('%#: says what is wrong with a manifest', (candidate, message) => {
    expect(problems(candidate).join('\n')).toMatch(message instanceof RegExp ? message : (message ?? ''));
    expect(problems(candidate)).toHaveLength(1);
  });

  it.each([
    [
      'Adam',
      component,
      'components["Adam"]: names are lower case letters, digits and single dashes, such as adam-w',
    ],
    ['it', null, 'components["it"]: is null, not a component'],
    ['it', { ...component, title: ' ' }, 'components["it"].title: is " "; it is a line of text'],
    ['it', { ...component, summary: 'a\nb' }, 'components["it"].summary: has more than one line'],
    [
      'it',
      { ...component, need: [] },
      'components["it"].need: is not part of a component; did you mean needs?',
    ],
    [
      'it',
      { ...component, needs: 'eigh' },
      `components["it"].needs: is "eigh"; it is a list such as ['float64', 'eigh']`,
    ],
    [
      'it',
      { ...component, replacedBy: 'adam' },
      'components["it"].replacedBy: is "adam"; it is an id such as optim/adam',
    ],
    [
      'it',
      { ...component, config: {} },
      'components["it"].config: is not a Standard Schema; use zod, or a library listed at standardschema.dev',
    ],
    [
      'it',
      { ...component, load: './it.js' },
      `components["it"].load: is "./it.js"; write load: () => import('./it.js')`,
    ],
    [
      'it',
      { ...component, paper: { title: 'T', year: 2020, url: 'arxiv' } },
      'components["it"].paper.url: is "arxiv"; it is a link that begins with https://',
    ],
    [
      'it',
      { ...component, paper: { title: '', year: 2020, url: 'https://a.bc' } },
      'components["it"].paper.title: is missing',
    ],
    [
      'it',
      { ...component, paper: { title: 'T', year: '2020', url: 'https://a.bc' } },
      'components["it"].paper.year: is "2020"; it is a year',
    ],
  ])('%s: says what is wrong with a component', (key, broken, message) => {
    expect(problems({ ...manifest, components: { [key]: broken } })).toEqual([message]);
  });

  it('reports everything at once', () => {
    expect(
      problems({ ...manifest, name: 3, version: 3, components: { A: { ...component, title: 3 } } }),
    ).toHaveLength(4);
  });

  it('survives a manifest that throws when it is read', () => {
    const hostile = {
      get contract(): number {
        throw new Error('boo');
      },
    };
    expect(problems(hostile)).toEqual(['reading the manifest failed: boo']);
  });

  it('runs nothing of a plugin', () => {
    const load = (): never => {
      throw new Error('load was called');
    };
    expect(problems({ ...manifest, components: { it: { ...component, load } } })).toEqual([]);
  });
});

describe('isId', () => {
  it.each(['optim/adam', 'rl-theory/pr-lsvi', 'a1/b2'])('takes %s', (id) => {
    expect(isId(id)).toBe(true);
  });
  it.each([
    'adam',
    'optim/',
    '/adam',
    'optim/adam/w',
    'optim/Adam',
    'optim/adam-',
    '1optim/adam',
    'optim/a--b',
    '',
  ])('refuses %j', (id) => {
    expect(isId(id)).toBe(false);
  });
});
