import { ArgumentError, random, scope, tensor } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import type { Dataset, Examples, Split } from '@core/registry';
import { wholeNumbers } from '../checks.js';
import prose from './prose.json';
import { generated, splitKeys } from './splits.js';

/** Options of `text`. */
export interface TextOptions {
  /** Characters that a model sees at once. Default 64. */
  readonly length?: number;
  /** Numbers that stand for characters; the last one is shared by all that are rarer than the others'. Default 64. */
  readonly vocabulary?: number;
  /** Training windows. Default 1800. */
  readonly train?: number;
  /** Validation windows. Default 230. */
  readonly validation?: number;
  /** Test windows. Default 230. */
  readonly test?: number;
  /** Decides where training windows begin. Default 0. */
  readonly seed?: number;
}

/**
 * The next character, at every position of windows of English text: 150,000 characters of this project's own
 * documentation, in paragraphs of mixed order.
 *
 * The end of the text is for testing, what comes before it for validation, the rest for training. Windows of the first two
 * lie side by side, so that each character is predicted once. Training windows begin at random, one in each of as many
 * equal stretches of the text. Numbers of characters go by their code points; what the rare ones share is called `other`
 * (one of 220 with the default vocabulary).
 *
 * Shapes: inputs int32 [n, length], targets int32 [n, length], the same one character on.
 * @throws ArgumentError for sizes below 1, more numbers than there are characters, or more windows than text
 */
export function text(options: TextOptions = {}): Dataset {
  const name = 'Text';
  const { length = 64, vocabulary = 64, train = 1800, validation = 230, test = 230, seed = 0 } = options;
  const sizes = { train, validation, test };
  wholeNumbers(name, { length, vocabulary, ...sizes });
  const whole = prose.join('\n');
  // A window and the character after its last: windows side by side share that one with the next.
  const held = { validation: validation * length + 1, test: test * length + 1 };
  const rest = whole.length - held.validation - held.test;
  if (rest <= length)
    throw new ArgumentError(
      `${name}: ${validation} + ${test} windows of ${length} for validation and test leave no training text; there are ${whole.length} characters`,
    );
  const characters = frequent(whole, vocabulary);
  const numbers = new Map(characters.map((character, i) => [character, i]));
  const parts: Record<Split, readonly [number, number]> = {
    train: [0, rest],
    validation: [rest, held.validation],
    test: [rest + held.validation, held.test],
  };
  return generated({
    name,
    inputShape: [length],
    classNames: [...characters.map(nameOf), ...(characters.length < vocabulary ? ['other'] : [])],
    sizes,
    make: (split, count) => {
      const [from, size] = parts[split];
      const tokens = Int32Array.from(
        whole.slice(from, from + size),
        (character) => numbers.get(character) ?? vocabulary - 1,
      );
      const starts =
        split === 'train'
          ? randomStarts(splitKeys(seed).train, count, size - length)
          : Array.from({ length: count }, (_, i) => i * length);
      return windows(tokens, starts, length);
    },
  });
}

/** The characters that have a number of their own, in order of their code points. */
function frequent(whole: string, vocabulary: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const character of whole) counts.set(character, (counts.get(character) ?? 0) + 1);
  if (vocabulary > counts.size)
    throw new ArgumentError(
      `Text: vocabulary must be at most ${counts.size}, the characters that there are, got ${vocabulary}`,
    );
  const own = vocabulary === counts.size ? vocabulary : vocabulary - 1;
  const order = (a: string, b: string): number => (a < b ? -1 : 1);
  return [...counts]
    .sort(([a, many], [b, few]) => few - many || order(a, b))
    .slice(0, own)
    .map(([character]) => character)
    .sort(order);
}

function nameOf(character: string): string {
  if (character === ' ') return 'space';
  return character === '\n' ? 'line end' : character;
}

/** One place in each of `count` equal stretches of the `places` there are. */
function randomStarts(key: Tensor, count: number, places: number): readonly number[] {
  return scope(() => {
    const shares = random.uniform(key, [count], { dtype: 'float64' }).dataSync();
    return Array.from(shares, (share, i) => Math.floor(((i + share) * places) / count));
  });
}

function windows(tokens: Int32Array, starts: readonly number[], length: number): Examples {
  const cut = (shift: number): Tensor => {
    const data = new Int32Array(starts.length * length);
    starts.forEach((start, i) =>
      data.set(tokens.subarray(start + shift, start + shift + length), i * length),
    );
    return tensor(data, { shape: [starts.length, length] });
  };
  return { inputs: cut(0), targets: cut(1) };
}
