import { describe, expect, it } from 'vitest';
import { BackendError, TrellisError, random, tensor, zeros } from '../src/index.js';
import { functions, validCalls } from './support/surface.js';

/*
 * Many functions are built from others. Whatever stands in the place of an argument, the error must name the function
 * that was called, not the one that it is built from.
 */

const wrongValues: readonly unknown[] = [
  null,
  'abc',
  NaN,
  -1,
  2.5,
  [NaN],
  [-1],
  [-1, -1],
  [7, 7],
  [[1], [1, 2]],
  { dtype: 'float16' },
  { axis: 9 },
  tensor(true),
  tensor([1, 2, 3], { dtype: 'int32' }),
  tensor([[2, 1, 0]], { dtype: 'int32' }),
  zeros([0]),
  zeros([4, 5]),
  zeros([2, 2]),
  zeros([1, 1, 1, 1, 1]),
  random.key(1),
];

type Loose = (...args: readonly unknown[]) => unknown;

/** What the function that a transform is given says is not the transform's own message. */
const runsOthers =
  /^(tree\.|vjp|jvp|hvp|linearize|closureConvert|scan|cond|scope|profile|memory|backendInfo|registerBackend)/;

describe.each(Object.entries(validCalls).filter(([name]) => !runsOthers.test(name)))('%s', (name, args) => {
  it('is named first in its errors', () => {
    // `linalg`'s functions go by their own names.
    const own = name.replace(/^linalg\./, '');
    const others = new Set<string>();
    const places = Math.max(args.length, Math.min((functions.get(name) as Loose).length, 4) + 1);
    const padded = [
      ...args,
      ...new Array<undefined>(Math.max(0, Math.max(places, args.length + 1) - args.length)),
    ];
    for (const place of padded.keys()) {
      if (typeof args[place] === 'function') continue;
      for (const value of wrongValues) {
        try {
          const result = (functions.get(name) as Loose)(
            ...padded.map((arg, i) => (i === place ? value : arg)),
          );
          if (result instanceof Promise) result.catch(() => undefined);
        } catch (error) {
          // What a backend lacks it says in its own name.
          if (!(error instanceof TrellisError) || error instanceof BackendError) continue;
          if (!error.message.startsWith(`${own}: `) && !error.message.startsWith(`${own},`))
            others.add(error.message);
        }
      }
    }
    expect([...others]).toEqual([]);
  });
});
