import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { documentsOf, tsBlocks } from '../src/examples.mjs';
import { root, workspacePackages } from '../src/workspace.mjs';

// Every ```ts block of every README, and of every page in a package's docs, is a whole program: it is type-checked and run, in an
// empty folder.
// A comment `// prints: text` after a line says what the block has printed; the lines are compared in order.
// Signatures and fragments that are not programs are fenced as ```typescript and stay unread.

/** Where a package's examples are written: below the package, so that they resolve what its users would. */
const CACHE = `.cache/readme-${process.pid}`;

const documents = [root, ...workspacePackages().map(({ dir }) => dir)].flatMap((dir) =>
  documentsOf(dir).map((document) => ({ dir, document })),
);

const examples = documents.flatMap(({ dir, document }) =>
  tsBlocks(readFileSync(document, 'utf8')).map(({ code, line }) => ({
    title: `${relative(root, document)}:${line}`,
    code,
    // Documents of the repository itself speak of several packages, as the app's users do.
    file: join(
      dir === root ? join(root, 'apps/lab') : dir,
      CACHE,
      `${relative(root, document).replace(/\W+/g, '-')}-${line}.ts`,
    ),
  })),
);

const scratch = mkdtempSync(join(tmpdir(), 'trellis-readme-'));
const before = process.cwd();

beforeAll(() => {
  for (const { file, code } of examples) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
});

afterAll(() => {
  process.chdir(before);
  rmSync(scratch, { recursive: true, force: true });
  for (const { file } of examples) rmSync(dirname(file), { recursive: true, force: true });
});

describe('README examples', () => {
  test('compile', () => {
    const path = join(root, 'tsconfig.json');
    const { config } = ts.readConfigFile(path, (name) => readFileSync(name, 'utf8')) as { config: object };
    const parsed = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
    const files = examples.map(({ file }) => file);
    const program = ts.createProgram(files, parsed.options);
    const found = files.flatMap((file, index) => {
      const source = program.getSourceFile(file);
      const problems = [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
      return problems.map(
        ({ messageText }) =>
          `${examples[index]?.title ?? file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
    });
    expect(found).toEqual([]);
  }, 120_000);

  test.each(examples)(
    'run: $title',
    async ({ file, code }) => {
      const printed: string[] = [];
      const spy = vi.spyOn(console, 'log').mockImplementation((...parts: unknown[]) => {
        printed.push(parts.map(String).join(' '));
      });
      process.chdir(mkdtempSync(join(scratch, 'run-')));
      try {
        await import(/* @vite-ignore */ pathToFileURL(file).href);
      } finally {
        spy.mockRestore();
      }
      const promised = [...code.matchAll(/\/\/ prints: (.*)$/gm)].map((match) => match[1]);
      if (promised.length > 0) expect(printed).toEqual(promised);
    },
    120_000,
  );
});

describe('tsBlocks', () => {
  test('reads ts fences only, with the line of their first line', () => {
    const text = [
      '# a',
      '```ts',
      'one();',
      'two();',
      '```',
      '```sh',
      'ls',
      '```',
      '```typescript',
      'f(): void',
      '```',
    ];
    expect(tsBlocks(text.join('\n'))).toEqual([{ line: 3, code: 'one();\ntwo();\n' }]);
  });
});

describe('documentsOf', () => {
  test('finds the README and the pages of a package, in order, and nothing else', () => {
    const dir = join(scratch, 'package');
    mkdirSync(join(dir, 'docs/paths'), { recursive: true });
    for (const name of [
      'README.md',
      'CHANGELOG.md',
      'docs/b.md',
      'docs/a.md',
      'docs/c.svg',
      'docs/paths/d.md',
    ])
      writeFileSync(join(dir, name), '');
    expect(documentsOf(dir).map((path) => relative(dir, path))).toEqual([
      'README.md',
      join('docs', 'a.md'),
      join('docs', 'b.md'),
    ]);
    expect(documentsOf(join(dir, 'docs/paths'))).toEqual([]);
  });
});
