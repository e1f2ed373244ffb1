import { join } from 'node:path';
import { runnerImport, type Plugin } from 'vite';
import type * as writing from './digitsBytes.js';

type Sizes = writing.Sizes;

const fileName = 'digits.bin';

/**
 * Gives the page `digits.bin`: real handwritten digits of the package `mnist`, which holds them as 21 MB of JSON, as bytes.
 * Two 32-bit numbers say how many are for training and how many for testing; then come the pixels, then the labels.
 */
export function digitsFile(sizes: Sizes): Plugin {
  return {
    name: 'digits-file',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName, source: await digitsBytes(sizes) });
    },
    configureServer(server) {
      let made: Promise<Uint8Array> | undefined;
      server.middlewares.use(`/${fileName}`, (_, response, next) => {
        made ??= digitsBytes(sizes);
        made.then((bytes) => response.end(bytes), next);
      });
    },
  };
}

/** By vite, which reads TypeScript and finds packages' sources: a plain import would need them built. */
async function digitsBytes(sizes: Sizes): Promise<Uint8Array> {
  const resolve = { conditions: ['@trellis/source'], noExternal: [/^@core\//] };
  const { module } = await runnerImport<typeof writing>(join(import.meta.dirname, 'digitsBytes.ts'), {
    logLevel: 'error',
    environments: { inline: { resolve } },
  });
  return module.digitsBytes(sizes);
}
