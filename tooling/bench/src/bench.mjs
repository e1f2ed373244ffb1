// `pnpm bench [suite…] [options]`: see arguments.mjs.
import { writeFileSync } from 'node:fs';
import { parse, help } from './arguments.mjs';
import { runDemo } from './demo.mjs';
import { measure } from './measure.mjs';
import { startPeer } from './peer.mjs';
import { peers as knownPeers } from './peers/index.mjs';
import { byLabel } from './report/columns.mjs';
import { writeMarkdown } from './report/markdown.mjs';
import { machine } from './report/machine.mjs';
import { report } from './report/report.mjs';
import { liveLine } from './report/live.mjs';
import { subjects } from './subjects/index.mjs';

const options = parseOrExit();
if (options.help) {
  console.log(help);
  process.exit(0);
}
const descriptions = knownPeers();
const started = descriptions.map((description) => ({ ...description, ...startPeer(description) }));
process.once('exit', () => started.forEach((peer) => peer.stop()));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const pace = options.quick ? { rounds: 3, seconds: 0.03 } : { rounds: 5, seconds: 0.15 };
const rows = [];
/** { series: { peer name: its last time } } */
const latest = {};
for (const subject of subjects.filter(({ suite }) => options.suites.includes(suite))) {
  const taking = started.filter(({ suites }) => suites === undefined || suites.includes(subject.suite));
  const previous = (latest[subject.series] ??= {});
  const results = await measure(subject, taking, previous, pace);
  for (const [name, { milliseconds }] of Object.entries(results)) {
    if (milliseconds !== undefined) previous[name] = { work: subject.work, milliseconds };
  }
  rows.push({ subject, results: byLabel(descriptions, results) });
  process.stderr.write(`${liveLine(rows.at(-1))}\n`);
}

const demo = options.suites.includes('demo') ? await runDemo() : undefined;
const text = report(rows, demo);
console.log(`\n${machine(descriptions)}\n\n${text}`);
if (options.json !== undefined)
  writeFileSync(
    options.json,
    `${JSON.stringify({ machine: machine(descriptions), pace, rows, demo }, null, 2)}\n`,
  );
if (options.write) writeMarkdown(machine(descriptions), text);
process.exit(0);

function parseOrExit() {
  try {
    return parse(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exit(1);
  }
}
