// `pnpm gpu:check [options]`: see arguments.mjs.
import { writeFileSync } from 'node:fs';
import { softwareEnvironment } from '@tooling/swiftshader';
import { measure } from '../measure.mjs';
import { startPeer } from '../peer.mjs';
import { gpuPeers } from '../peers/index.mjs';
import { help, parse } from './arguments.mjs';
import { peakOf } from './cards.mjs';
import { nvidiaName, probe } from './machine.mjs';
import { figuresOf, reportText } from './report.mjs';
import { gpuSubjects } from './subjects.mjs';
import { runTests } from './tests.mjs';

const options = parseOrExit();
if (options.help) {
  console.log(help);
  process.exit(0);
}
const found = probe();
if (found.description === undefined && !options.quick) {
  console.error(
    `gpu:check: WebGPU reaches no GPU on this machine: ${found.reason}\n` +
      'It is meant for machines that have one; with --quick it measures a software adapter, too.',
  );
  process.exit(1);
}
const software = found.description === undefined;
const adapter = found.description ?? `a software adapter, if any (no GPU: ${found.reason})`;
const card = software ? '' : nvidiaName();
const peak = peakOf(`${card} ${found.description ?? ''}`, options);
const env = software ? softwareEnvironment() : { TRELLIS_GPU: 'own' };
console.log(`On ${adapter}${card === '' ? '' : `, ${card}`}\n`);

const tests = options.tests ? await runTests(env) : undefined;
const peers = gpuPeers().map((description) => ({
  ...description,
  ...startPeer({ ...description, env: { ...env, ...description.env } }),
}));
process.once('exit', () => peers.forEach((peer) => peer.stop()));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const pace = options.quick ? { rounds: 1, seconds: 0.05 } : { rounds: 5, seconds: 0.3 };
const rows = [];
/** { series: { peer name: its last time } } */
const latest = {};
for (const subject of gpuSubjects(options.quick)) {
  const previous = (latest[subject.series] ??= {});
  const results = await measure(subject, peers, previous, pace);
  for (const [name, { milliseconds }] of Object.entries(results))
    if (milliseconds !== undefined) previous[name] = { work: subject.work, milliseconds };
  rows.push(figuresOf({ subject, results }, peak));
  process.stderr.write(
    `${subject.name}: ${results.WebGPU.reason ?? `${results.WebGPU.milliseconds.toFixed(3)} ms`}\n`,
  );
}

console.log(`\n${reportText(rows, peak)}`);
const node = process.versions.node;
const report = { date: new Date().toISOString(), node, adapter, card, software, peak, tests, rows };
writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
const measured = rows.filter(({ webgpu }) => webgpu !== undefined).length;
const tested =
  tests === undefined ? '' : `${tests.reason ?? `${tests.passed} tests passed, ${tests.failed} failed`}; `;
console.log(`\n${tested}WebGPU did ${measured} of ${rows.length} measurements. Written: ${options.out}`);
process.exit(
  measured < rows.length || (tests !== undefined && (tests.failed > 0 || tests.passed === 0)) ? 1 : 0,
);

function parseOrExit() {
  try {
    return parse(process.argv.slice(2));
  } catch (error) {
    console.error(`gpu:check: ${error.message}`);
    process.exit(1);
  }
}
