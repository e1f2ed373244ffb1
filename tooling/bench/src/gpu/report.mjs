import { figure, table } from '../report/format.mjs';

/** A row of measure()'s results with rates and the shares of the card's peak. */
export function figuresOf({ subject, results }, peak) {
  const time = (label) => (results[label]?.reason === undefined ? results[label]?.milliseconds : undefined);
  const [webgpu, cpu, pytorch] = ['WebGPU', 'CPU', 'PyTorch'].map(time);
  const gflops = subject.flops && webgpu && subject.work / webgpu / 1e6;
  const gbps = subject.bytes && webgpu && subject.bytes / webgpu / 1e6;
  const share = gflops ? peak.gflops && gflops / peak.gflops : gbps && peak.gbps && gbps / peak.gbps;
  const reasons = Object.entries(results).flatMap(([label, { reason }]) =>
    reason ? [`${label}: ${reason}`] : [],
  );
  return { suite: subject.suite, name: subject.name, webgpu, cpu, pytorch, gflops, gbps, share, reasons };
}

/** The table for people. */
export function reportText(rows, peak) {
  const withPyTorch = rows.some(({ pytorch }) => pytorch !== undefined);
  const header = [
    'ms',
    'WebGPU',
    'rate',
    'of peak',
    'CPU',
    'times CPU',
    ...(withPyTorch ? ['PyTorch', '/ PyTorch'] : []),
  ];
  const ratio = (a, b) => (a === undefined || b === undefined ? '-' : figure(a / b));
  const lines = rows.map(({ name, webgpu, cpu, pytorch, gflops, gbps, share }) => [
    name,
    figure(webgpu) || '-',
    gflops ? `${figure(gflops)} GFLOP/s` : gbps ? `${figure(gbps)} GB/s` : '',
    share ? `${(share * 100).toFixed(1)} %` : gflops || gbps ? 'unknown' : '',
    figure(cpu) || '-',
    ratio(cpu, webgpu),
    ...(withPyTorch ? [figure(pytorch) || '-', ratio(webgpu, pytorch)] : []),
  ]);
  return [peakText(peak), table(header, lines), reasonsText(rows)].filter((part) => part !== '').join('\n\n');
}

function peakText({ gflops, gbps, from }) {
  if (gflops === undefined && gbps === undefined)
    return "The card's peak is not known here; --peak-gflops and --peak-gbps tell it.";
  const known = [gflops && `${gflops} GFLOP/s in float32`, gbps && `${gbps} GB/s`].filter(Boolean);
  return `Peak, from ${from}: ${known.join(', ')}.`;
}

/** Why something has no time, each reason once, with the work it is for. */
function reasonsText(rows) {
  const found = new Map();
  for (const { name, reasons } of rows)
    for (const reason of reasons) found.set(reason, [...(found.get(reason) ?? []), name]);
  return [...found]
    .map(([reason, names]) => `- ${reason}${names.length === rows.length ? '' : ` (${names.join(', ')})`}`)
    .join('\n');
}
