import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { createRequire } from 'node:module';

const { devDependencies } = createRequire(import.meta.url)('../../package.json');

/** What was measured on, in one line. */
export function machine(peers) {
  const processor = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  return [
    `Node ${process.versions.node}`,
    processor,
    `tfjs ${devDependencies['@tensorflow/tfjs']}`,
    `jax-js ${devDependencies['@jax-js/jax']}`,
    ...pythonVersions(peers),
  ].join(', ');
}

function pythonVersions(peers) {
  const modules = new Map(
    peers.filter(({ args }) => args[0].endsWith('.py')).map((peer) => [peer.label, peer]),
  );
  return [...modules].map(([label, { command, args }]) => {
    const code = `import ${args[1]}; print(${args[1]}.__version__)`;
    return `${label} ${execFileSync(command, ['-c', code], { encoding: 'utf8' }).trim()}`;
  });
}
