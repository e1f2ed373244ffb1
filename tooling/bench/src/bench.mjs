// `pnpm bench [name…] [--json]`: what the CPU backend's kernels and compiled programs take, as medians, and what PyTorch
// takes for the same where /usr/bin/python3 has it.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { measure } from 'mitata';
import { subjects } from './subjects.mjs';

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const chosen = subjects.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
if (chosen.length === 0) {
  console.error(
    `bench: nothing is called ${wanted.join(' or ')}; there are ${subjects.map(({ name }) => name).join(', ')}`,
  );
  process.exit(1);
}

const peer = peerTimes();
const rows = [];
for (const { name, prepare, flops } of chosen) {
  const run = prepare();
  const { p50 } = await measure(run, { min_cpu_time: 300e6, warmup_samples: 3 });
  const milliseconds = p50 / 1e6;
  rows.push({ name, milliseconds, gflops: flops ? flops / p50 : null, torch: peer[name] ?? null });
  process.stderr.write('.');
}
process.stderr.write('\n');

if (process.argv.includes('--json')) console.log(JSON.stringify({ machine: machine(), rows }, null, 2));
else {
  console.log(`${machine()}\n`);
  console.log('| work | Trellis, ms | GFLOP/s | PyTorch, ms | ratio |\n| --- | ---: | ---: | ---: | ---: |');
  for (const { name, milliseconds, gflops, torch } of rows) {
    const ratio = torch === null ? '' : (milliseconds / torch).toFixed(1);
    const figures = [milliseconds.toFixed(3), gflops?.toFixed(2) ?? '', torch?.toFixed(3) ?? '', ratio];
    console.log(`| ${[name, ...figures].join(' | ')} |`);
  }
}

function machine() {
  return `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`;
}

/** Medians of PyTorch by name; nothing where it is not installed. */
function peerTimes() {
  try {
    const script = new URL('./torch_peer.py', import.meta.url).pathname;
    return JSON.parse(execFileSync('/usr/bin/python3', [script], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    process.stderr.write(
      'PyTorch was not found by /usr/bin/python3 (apt-get install python3-torch): no peer column\n',
    );
    return {};
  }
}
