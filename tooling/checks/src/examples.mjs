import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What a folder says of itself: README.md, ARCHITECTURE.md and the pages docs/*.md, as far as they are there. */
export function documentsOf(dir) {
  const docs = join(dir, 'docs');
  const pages = existsSync(docs) ? readdirSync(docs).filter((name) => name.endsWith('.md')) : [];
  return [
    ...['README.md', 'ARCHITECTURE.md'].map((name) => join(dir, name)).filter((path) => existsSync(path)),
    ...pages.sort().map((name) => join(docs, name)),
  ];
}

/** The ```ts blocks of a Markdown text, each with the number of its first line. */
export function tsBlocks(markdown) {
  const blocks = [];
  let open;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    if (open === undefined) {
      if (/^```\S*/.test(line)) open = { kind: line.slice(3).trim(), line: index + 2, lines: [] };
    } else if (line.startsWith('```')) {
      if (open.kind === 'ts') blocks.push({ line: open.line, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  return blocks;
}
