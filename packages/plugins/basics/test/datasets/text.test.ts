import type { Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { text } from '../../src/index.js';
import type { TextOptions } from '../../src/index.js';

const splits = ['train', 'validation', 'test'] as const;

/** Windows as strings. */
async function read(options: TextOptions, split: (typeof splits)[number]): Promise<[string[], string[]]> {
  const set = text(options);
  const { inputs, targets } = await set.load(split);
  const names: Record<string, string> = { space: ' ', 'line end': '\n', other: '\ufffd' };
  const write = (name: string): string => names[name] ?? name;
  const spell = (rows: Tensor): string[] =>
    (rows.toArray() as number[][]).map((row) => row.map((one) => write(set.classNames[one]!)).join(''));
  return [spell(inputs), spell(targets)];
}

/** All characters have a number of their own. */
const all = 93;

describe('text', () => {
  it('has windows of the text, and the same one character on', async () => {
    for (const split of splits) {
      const [inputs, targets] = await read({}, split);
      inputs.forEach((window, i) => expect(window.slice(1)).toBe(targets[i]!.slice(0, -1)));
    }
    const [windows] = await read({}, 'test');
    expect(windows.join('')).toMatch(/ the .* is .* of /);
  });

  it('predicts each character of the validation and test parts once', async () => {
    for (const split of ['validation', 'test'] as const) {
      const [inputs, targets] = await read({ length: 10, [split]: 50 }, split);
      inputs.slice(1).forEach((window, i) => expect(window[0]).toBe(targets[i]!.at(-1)));
      const [long] = await read({ length: 50, validation: 10, test: 10 }, split);
      if (split === 'test') expect(inputs.join('')).toBe(long.join(''));
    }
  });

  it('cuts its parts from one text without overlap', async () => {
    const options = { length: 25, validation: 40, test: 60 };
    const [validation, validationTargets] = await read(options, 'validation');
    const [test] = await read(options, 'test');
    const [train] = await read({ ...options, train: 4000 }, 'train');
    const held = [validation.join('') + validationTargets.at(-1)!.at(-1)!, test.join('')];
    for (const window of train) for (const part of held) expect(part.includes(window)).toBe(false);
  });

  it('begins training windows at random, all over the text, by its seed', async () => {
    const [first] = await read({ seed: 1 }, 'train');
    expect((await read({ seed: 1 }, 'train'))[0]).toEqual(first);
    const [other] = await read({ seed: 2 }, 'train');
    expect(other.filter((window, i) => window === first[i]).length).toBeLessThan(100);
    expect(await read({ seed: 1 }, 'test')).toEqual(await read({ seed: 2 }, 'test'));
    // In order of the text: a window begins within one stretch of the last one's beginning or the next.
    expect(new Set(first).size).toBeGreaterThan(1790);
  });

  it('numbers the frequent characters, and puts the rest together', async () => {
    const small = text({ vocabulary: 4 });
    expect(small.classNames).toEqual(['space', 'e', 't', 'other']);
    expect(text().classNames).toHaveLength(64);
    const { inputs } = await text().load('train');
    expect(inputs.equal(63).cast('float32').mean().item()).toBeLessThan(0.005);
    const whole = text({ vocabulary: all });
    expect(whole.classNames).toHaveLength(all);
    expect(whole.classNames).not.toContain('other');
  });

  it('refuses what does not fit', () => {
    expect(() => text({ vocabulary: all + 1 })).toThrow(`vocabulary must be at most ${all}`);
    expect(() => text({ length: 0 })).toThrow('length must be a whole number of at least 1, got 0');
    expect(() => text({ length: 400 })).toThrow(
      /230 \+ 230 windows of 400 for validation and test leave no training text; there are 14\d{4} characters/,
    );
  });
});
