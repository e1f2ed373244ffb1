import * as fs from 'node:fs/promises';
import type { FileSystem } from '../../src/node.js';

/**
 * Node's file system, on a disk that takes `limit` more bytes in all and then fails with `errno`; or fails at the
 * given step.
 */
export function failingDisk(
  limit: number,
  errno: string,
  step: 'write' | 'sync' | 'rename' = 'write',
): FileSystem {
  let left = limit;
  const fail = (): never => {
    throw Object.assign(new Error(`${errno}: simulated`), { code: errno });
  };
  return {
    unlink: fs.unlink,
    async rename(from, to) {
      if (step === 'rename') fail();
      await fs.rename(from, to);
    },
    async open(path, flags) {
      const file = await fs.open(path, flags);
      return {
        async write(bytes, offset, length) {
          if (step !== 'write') return file.write(bytes, offset, length);
          if (left === 0) return fail();
          const taken = Math.min(left, length);
          left -= taken;
          return file.write(bytes, offset, taken);
        },
        async sync() {
          if (step === 'sync') fail();
          await file.sync();
        },
        close: () => file.close(),
      };
    },
  };
}
