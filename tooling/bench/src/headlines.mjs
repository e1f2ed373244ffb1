/*
 * `node tooling/bench/src/headlines.mjs [--only name…] [--write]`: what each paper says its method does better, at small scale.
 * Everything random comes from seeds, so the figures are the same on every run; differences are paired by seed, and a verdict is
 * read off a 95 % interval of Student's t. Needs built packages: `pnpm build --filter=@core/data... --filter=@plugins/optim...`.
 */
import { readFile, writeFile } from 'node:fs/promises';

const names = ['adamp', 'soap', 'lion', 'lionK', 'descent', 'blocks', 'halpern', 'adams', 'mfac'];
const page = new URL('../../../BENCHMARKS.md', import.meta.url);

const given = process.argv.slice(2);
const write = given.includes('--write');
const only = given.filter((word) => !word.startsWith('--'));
const unknown = [
  ...only.filter((name) => !names.includes(name)),
  ...given.filter((word) => word.startsWith('--') && !['--only', '--write'].includes(word)),
];
if (unknown.length > 0) {
  console.error(`headlines: [--only ${names.join(' ')}] [--write]; there is no ${unknown.join(', ')}`);
  process.exit(2);
}

for (const name of names.filter((one) => only.length === 0 || only.includes(one))) {
  const { title, run } = await import(`./headlines/${name}.mjs`);
  const begin = performance.now();
  const rows = await run();
  const cells = rows.map(({ claim, left, right, compared, verdict }) =>
    [claim, left, right, compared, verdict].map((cell) => cell.replaceAll('|', '\\|')),
  );
  const table = [['claim', 'one', 'other', 'ratio or difference [95 %]', 'verdict'], Array(5).fill('---'), ...cells]; // prettier-ignore
  const text = `### ${title}\n\n${table.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
  console.log(text);
  console.error(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  if (write) await replace(name, text);
}

/** Puts a table between its two markers in BENCHMARKS.md. */
async function replace(name, table) {
  const [start, end] = ['start', 'end'].map((word) => `<!-- headlines ${name}: ${word} -->`);
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`BENCHMARKS.md has no ${start} … ${end}`);
  await writeFile(page, `${text.slice(0, from)}${start}\n\n${table}\n${text.slice(to)}`);
}
