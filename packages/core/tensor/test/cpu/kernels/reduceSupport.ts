import type { Engine } from '../../../src/backends/cpu/engine.js';

/** The engine, calling kernel functions with one item at a time, the last first. */
export function itemByItem(engine: Engine): Engine {
  return {
    ...engine,
    parallel: (f, args, items, _grain, scratchBytes) => {
      for (let i = items - 1; i >= 0; i--) {
        const call = (...all: number[]): number =>
          f.call(...all.slice(0, args.length), i, i + 1, ...all.slice(args.length + 2));
        engine.parallel({ ...f, call }, args, items, 1, scratchBytes);
      }
    },
  };
}
