import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../../../../BENCHMARKS.md', import.meta.url);
const [start, end] = ['<!-- pnpm bench --write: start -->', '<!-- pnpm bench --write: end -->'];

/** Puts the tables between the markers of BENCHMARKS.md. @throws Error where a marker is missing */
export function writeMarkdown(machine, text) {
  const page = readFileSync(file, 'utf8');
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`BENCHMARKS.md has no '${start}' before '${end}'`);
  writeFileSync(file, `${page.slice(0, from + start.length)}\n\n${machine}\n\n${text}\n\n${page.slice(to)}`);
}
