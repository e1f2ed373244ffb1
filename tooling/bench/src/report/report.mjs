import { labels, ratio, timeOf } from './columns.mjs';
import { figure, table } from './format.mjs';
import { growth } from './growth.mjs';
import { judge } from './targets.mjs';

const titles = {
  gemm: 'Matrix products',
  eager: 'Eager operations on 10 elements',
  elementwise: 'Elementwise operations and sums',
  rows: 'Rows of 1000: softmax and layer norm',
  conv: 'Convolutions: [batch, 16, 28, 28] with [32, 16, 3, 3]',
  linalg: 'Decompositions, float64',
  optimizer: 'Optimizer steps, ten tensors (compiled)',
  steps: 'Training steps with Adam (compiled)',
};

/** All tables as Markdown: times in milliseconds, ratios of Trellis to others, reasons, growth and targets. */
export function report(rows, demo) {
  const suites = [...new Set(rows.map(({ subject }) => subject.suite))];
  return [
    ...suites.map((suite) =>
      suiteTable(
        suite,
        rows.filter(({ subject }) => subject.suite === suite),
      ),
    ),
    growth(rows),
    targetTable(rows),
    demo === undefined ? '' : demoLine(demo),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function suiteTable(suite, rows) {
  const present = labels.filter((label) => rows.some((row) => timeOf(row, label) !== undefined));
  const reference = ['PyTorch', 'NumPy'].filter((label) => present.includes(label));
  const scripts = ['tfjs-wasm', 'tfjs-cpu', 'jax-js'].filter((label) => present.includes(label));
  const counted = rows.some(({ subject }) => subject.flops);
  const header = [
    'ms',
    ...present,
    ...(counted ? ['GFLOP/s'] : []),
    ...(reference.length > 0 ? [`/ ${reference.join(', ')}`] : []),
    ...(scripts.length > 0 ? ['/ best JS'] : []),
  ];
  const lines = rows.map((row) => [
    row.subject.name,
    ...present.map((label) => (wrong(row, label) ? 'wrong' : figure(timeOf(row, label)) || '-')),
    ...(counted ? [gigaflops(row)] : []),
    ...(reference.length > 0 ? [figure(ratio(row, reference))] : []),
    ...(scripts.length > 0 ? [figure(ratio(row, scripts))] : []),
  ]);
  return [`### ${titles[suite]}`, table(header, lines), reasons(rows)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function gigaflops(row) {
  const time = timeOf(row, 'Trellis');
  return time === undefined ? '' : figure(row.subject.work / time / 1e6);
}

const wrong = (row, label) => row.results[label]?.reason?.startsWith('wrong') ?? false;

/** Why peers have no time, each reason once, with the subjects it is for. */
function reasons(rows) {
  const found = new Map();
  for (const { subject, results } of rows) {
    for (const label of labels) {
      const reason = results[label]?.reason;
      if (reason === undefined) continue;
      const key = `${label}: ${reason}`;
      found.set(key, [...(found.get(key) ?? []), subject.name]);
    }
  }
  return [...found]
    .map(([reason, names]) => {
      const all = names.length === rows.length;
      return `- ${reason}${all ? '' : ` (${names.join(', ')})`}`;
    })
    .join('\n');
}

function targetTable(rows) {
  const judged = judge(rows).filter(({ compared }) => compared > 0);
  if (judged.length === 0) return '';
  const lines = judged.map(({ work, peers, atMost, worst, missed, compared }) => [
    work,
    peers.join(', '),
    String(atMost),
    `${ratioText(worst.ratio)} (${worst.name})`,
    missed.length === 0 ? 'met' : `missed by ${missed.length} of ${compared}`,
  ]);
  return `### Targets\n\n${table(['work', 'against', 'at most', 'worst', 'result'], lines)}`;
}

function ratioText(value) {
  return Number.isFinite(value) ? figure(value) : 'no time';
}

function demoLine({ seconds, atMost, error }) {
  const said = error ?? `${figure(seconds)} s, ${seconds <= atMost ? 'met' : 'missed'}`;
  return `### The demo\n\n\`pnpm demo\`, start to report, at most ${atMost} s: ${said}`;
}
