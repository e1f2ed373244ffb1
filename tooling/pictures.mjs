// `pnpm pictures`: writes the tables and pictures of the packages' pages; see tooling/pictures. Needs no build: Vite reads sources.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('./pictures/src/run.ts', import.meta.url)), {
  logLevel: 'warn',
  environments: {
    inline: {
      resolve: {
        conditions: ['@trellis/source', 'node', 'import'],
        noExternal: [/^@(core|plugins)\//],
      },
    },
  },
});
