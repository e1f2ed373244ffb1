import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../src/workspace.mjs';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

/** Targets of `[text](target)` and `![text](target)` that lie in the repository, without their anchors. */
function targets(markdown: string): string[] {
  const prose = markdown.replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

it('every link and picture in a Markdown file leads to a file or folder of the repository', () => {
  const known = new Set(files.flatMap((file) => ancestors(file)));
  const broken = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      targets(readFileSync(join(root, file), 'utf8'))
        .map((target) => normalize(join(dirname(file), target)).replace(/\/$/, ''))
        .filter((target) => !known.has(target))
        .map((target) => `${file}: ${target}`),
    );
  expect(broken).toEqual([]);
});

/** A file and the folders that it lies in. */
function ancestors(file: string): string[] {
  const parts = file.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
