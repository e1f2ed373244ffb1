import { availableParallelism, cpus, freemem, release, totalmem } from 'node:os';
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { backendInfo } from '@core/tensor';
import type { BackendInfo } from '@core/tensor';
import { cacheFolder } from '@core/data/node';
import { measureDevices, type Device } from '../devices.js';
import { messageOf } from '../errors.js';
import { measureMachine, type MachineSpeed } from '../machine.js';
import { appVersion, openRegistry } from '../plugins.js';
import { formatBytes, plural } from '../terminal/format.js';
import { formatTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { setAside } from './list.js';
import type { CommandContext } from './context.js';

interface Finding {
  readonly title: string;
  readonly lines: readonly string[];
  readonly state: 'ok' | 'warn' | 'bad';
}

/** Node's versions that the packages are tested on start here. */
const oldestNode = [20, 19] as const;

/** `lab doctor`: what this machine has, how fast it is, and what is wrong. */
export async function doctor(
  options: { readonly json?: boolean },
  { terminal, cwd, plugins }: CommandContext,
): Promise<void> {
  const { style } = terminal;
  if (options.json !== true) terminal.out(style('dim', 'Measuring for a few seconds ...\n\n'));
  const registry = await openRegistry({ ...plugins, from: [cwd] });
  const backend = backendInfo();
  const speed = measureMachine();
  const devices = await measureDevices();
  const cache = await checkCache();
  if (options.json === true) {
    terminal.out(
      `${JSON.stringify({ node: process.version, machine: machineFacts(), backend, speed, devices, cache, plugins: registry.plugins, quarantined: registry.quarantined }, null, 2)}\n`,
    );
    return;
  }
  const findings: readonly Finding[] = [
    nodeFinding(),
    { title: 'Machine', lines: machineLines(), state: 'ok' },
    {
      title: 'Backend',
      lines: [`${backend.name}: ${backend.description}`, `dtypes ${backend.dtypes.join(', ')}`],
      state: 'ok',
    },
    ...blasFindings(backend),
    { title: 'Speed', lines: speedLines(speed), state: 'ok' },
    {
      title: 'Cache',
      lines: [cache.folder, cache.problem ?? 'can be written'],
      state: cache.problem === undefined ? 'ok' : 'bad',
    },
    {
      title: 'Plugins',
      lines:
        registry.plugins.length === 0
          ? ['none is installed']
          : registry.plugins.map(
              (one) =>
                `${one.name} ${one.version}, ${plural(one.components.length, 'component')}${one.package === undefined ? '' : `  (${one.package})`}`,
            ),
      state: registry.plugins.length === 0 || registry.quarantined.length > 0 ? 'warn' : 'ok',
    },
  ];
  const marks = { ok: style('green', '✔'), warn: style('yellow', '!'), bad: style('red', '✘') };
  for (const { title, lines, state } of findings) {
    const [first = '', ...rest] = lines;
    terminal.out(`${marks[state]} ${style('bold', title.padEnd(8))}  ${first}\n`);
    for (const line of rest) terminal.out(`${' '.repeat(12)}${line}\n`);
  }
  terminal.out(`\n${style('bold', 'What can compute')}\n${devicesTable(devices, terminal)}\n`);
  terminal.out(setAside(registry, terminal));
  terminal.out(
    `\n${style('bold', 'How to get more')}\n${advice(registry.plugins.length, backend)
      .map((line) => `  ${line}`)
      .join('\n')}\n`,
  );
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor, needMinor] = oldestNode;
  const old = major < needMajor || (major === needMajor && minor < needMinor);
  const needed = `${needMajor}.${needMinor}`;
  return {
    title: 'Node',
    lines: [
      `${process.version} on ${process.platform} ${process.arch}, lab ${appVersion()}`,
      ...(old ? [`Trellis needs Node ${needed} or newer: https://nodejs.org`] : []),
    ],
    state: old ? 'bad' : 'ok',
  };
}

function machineFacts(): Readonly<Record<string, string | number>> {
  return {
    processor: (cpus()[0]?.model ?? 'unknown').trim(),
    cores: availableParallelism(),
    memory: totalmem(),
    freeMemory: freemem(),
    system: `${process.platform} ${release()}`,
  };
}

function machineLines(): readonly string[] {
  const cores = availableParallelism();
  return [
    `${(cpus()[0]?.model ?? 'unknown processor').trim()}, ${plural(cores, 'core')}`,
    `${formatBytes(totalmem())} of memory, ${formatBytes(freemem())} free`,
  ];
}

function speedLines(speed: MachineSpeed): readonly string[] {
  const { matmul, add } = speed;
  return [
    `matmul ${matmul.size} x ${matmul.size}: ${matmul.float32.toFixed(1)} GFLOP/s in float32, ${matmul.float64.toFixed(1)} in float64`,
    `add of ${add.elements / 1e6} million float32: ${add.gigabytes.toFixed(1)} GB/s`,
  ];
}

/** Every backend, with what was measured or what to install. */
function devicesTable(devices: readonly Device[], terminal: Terminal): string {
  const rows = devices.map((device) =>
    'missing' in device
      ? [device.name, '-', '-', terminal.style('yellow', device.missing)]
      : [
          device.name,
          device.speed.matmul.gigaflops.toFixed(1),
          device.speed.add.gigabytes.toFixed(1),
          device.description,
        ],
  );
  const columns = [
    { title: 'backend' },
    { title: 'GFLOP/s', align: 'right' as const },
    { title: 'GB/s', align: 'right' as const },
    { title: 'what it is, or what it needs', flexible: true },
  ];
  return formatTable(columns, rows, terminal, 2);
}

async function checkCache(): Promise<{ folder: string; problem?: string }> {
  const folder = cacheFolder();
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return { folder };
  } catch (thrown) {
    return {
      folder,
      problem: `cannot be written (${messageOf(thrown)}); set TRELLIS_CACHE to a folder that can`,
    };
  }
}

/** The library behind matrix products and decompositions, where the backend looks for one. */
function blasFindings({ blas }: BackendInfo): readonly Finding[] {
  if (blas === undefined) return [];
  if ('missing' in blas) return [{ title: 'BLAS', lines: [`none: ${blas.missing}`], state: 'warn' }];
  return [
    { title: 'BLAS', lines: [`${blas.name}, ${plural(blas.threads, 'thread')}`, blas.path], state: 'ok' },
  ];
}

function advice(plugins: number, { blas }: BackendInfo): readonly string[] {
  return [
    ...(blas !== undefined && 'missing' in blas
      ? [`${blas.install}   brings matrix products and decompositions up to the machine's speed.`]
      : []),
    ...(plugins === 0 ? ['npm install @plugins/optim   brings optimizers and schedules.'] : []),
    'Plugins of your own project are found by themselves once they are installed there with npm.',
  ];
}
