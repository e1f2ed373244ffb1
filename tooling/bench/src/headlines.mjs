/*
 * `node tooling/bench/src/headlines.mjs [--only name…] [--write]`: what each paper says its method does better, at small scale.
 * Everything random comes from seeds, so the figures are the same on every run; differences are paired by seed, and a verdict is
 * read off a 95 % interval of Student's t. Needs built packages: `pnpm build --filter=@core/data... --filter=@plugins/optim...`.
 */
import { readFile, writeFile } from 'node:fs/promises';

const names = ['adamp', 'soap', 'lion', 'lionK', 'descent', 'blocks', 'halpern', 'adams', 'mfac'];
const page = new URL('../../../BENCHMARKS.md', import.meta.url);
const markers = ['<!-- headlines --write: start -->', '<!-- headlines --write: end -->'];

const given = process.argv.slice(2);
const write = given.includes('--write');
const only = given.filter((word) => !word.startsWith('--'));
const unknown = [...only.filter((name) => !names.includes(name)), ...given.filter((word) => word.startsWith('--') && !['--only', '--write'].includes(word))]; // prettier-ignore
if (unknown.length > 0 || (write && only.length > 0)) {
  console.error(
    `headlines: [--only ${names.join(' ')}] [--write, of all]; not ${unknown.join(' ') || 'both'}`,
  );
  process.exit(2);
}

const lines = [];
const say = (line) => {
  lines.push(line);
  console.log(line);
};
for (const name of names.filter((one) => only.length === 0 || only.includes(one))) {
  const { title, run } = await import(`./headlines/${name}.mjs`);
  const begin = performance.now();
  say(`### ${title}\n`);
  say('| claim | one | other | ratio or difference [95 %] | verdict |');
  say('| --- | --- | --- | --- | --- |');
  for (const { claim, left, right, compared, verdict } of await run())
    say(
      `| ${[claim, left, right, compared, verdict].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
    );
  say('');
  console.error(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
}

if (write) {
  const [start, end] = markers;
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`BENCHMARKS.md has no ${start} … ${end}`);
  await writeFile(page, `${text.slice(0, from)}${start}\n\n${lines.join('\n')}\n${text.slice(to)}`);
}
