import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

/** Every workspace folder with a `test` folder is one project, named after its package. */
const projects = ['packages/core', 'packages/plugins', 'apps', 'tooling', 'examples']
  .filter((group) => existsSync(group))
  .flatMap((group) => readdirSync(group).map((name) => join(group, name)))
  .filter((root) => existsSync(join(root, 'test')) && existsSync(join(root, 'package.json')))
  .map((root) => {
    const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string };
    return { extends: true as const, root, test: { name, include: ['test/**/*.test.ts'] } };
  });

/** `*.test-d.ts` files are checked by one run of tsc for the whole repository, not one per package. */
const types = {
  extends: true as const,
  test: {
    name: 'types',
    include: [],
    typecheck: {
      enabled: true,
      only: true,
      include: ['{packages/*,apps,tooling,examples}/*/test/**/*.test-d.ts'],
      tsconfig: './tsconfig.test-d.json',
    },
  },
};

export default defineConfig({
  // Sibling packages resolve to their sources, so tests never need a build.
  resolve: { conditions: ['@trellis/source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['@trellis/source', ...defaultServerConditions] } },
  // Lowers `using`, which Node 20 and 22 do not parse.
  oxc: { target: 'es2022' },
  test: {
    projects: [...projects, types],
    passWithNoTests: true,
    testTimeout: 20_000,
  },
});
