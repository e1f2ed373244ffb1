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

/** Targets of `[text](target)` and `![text](target)` that lie in the repository. */
function targets(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a text's headings, as GitHub makes them. */
function anchors(markdown: string): string[] {
  return [...markdown.replace(/```.*?```/gs, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .replace(/\]\(.*?\)/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** The text without code. */
function prose(markdown: string): string {
  return markdown.replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, '');
}

it('every link and picture in a Markdown file leads to a file or folder of the repository, and to a heading there', () => {
  const known = new Set(files.flatMap((file) => ancestors(file)));
  const broken = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      targets(readFileSync(join(root, file), 'utf8'))
        .filter((target) => {
          const [path = '', anchor] = target.split('#');
          const to = path === '' ? file : normalize(join(dirname(file), path)).replace(/\/$/, '');
          if (!known.has(to)) return true;
          if (anchor === undefined || !to.endsWith('.md')) return false;
          return !anchors(readFileSync(join(root, to), 'utf8')).includes(anchor);
        })
        .map((target) => `${file}: ${target}`),
    );
  expect(broken).toEqual([]);
});

/** A file and the folders that it lies in. */
function ancestors(file: string): string[] {
  const parts = file.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
