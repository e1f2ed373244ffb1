import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';

/** A question that is not answered in this time ends the peer. */
const PATIENCE_MILLISECONDS = 120_000;

/**
 * Starts a peer's process. `ask(question)` resolves to its answer; after the process has ended, to { error } with the
 * error that it wrote to stderr.
 */
export function startPeer({ name, command, args, env }) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let stderr = '';
  let ended;
  let answered;
  const finish = (error) => {
    ended ??= stderr.split('\n').findLast((line) => /error/i.test(line)) ?? error;
    answered?.({ error: ended });
  };
  child.stderr.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-10_000);
  });
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => finish(error.message));
  child.on('close', (code) => finish(`ended with ${code}`));
  createInterface({ input: child.stdout }).on('line', (line) => answered?.(JSON.parse(line)));

  return {
    name,
    ask: (question) =>
      new Promise((resolve) => {
        if (ended !== undefined) return resolve({ error: ended });
        const timer = setTimeout(() => {
          ended = `gave no answer for ${PATIENCE_MILLISECONDS / 1000} s`;
          child.kill('SIGKILL');
        }, PATIENCE_MILLISECONDS);
        answered = (answer) => {
          clearTimeout(timer);
          answered = undefined;
          resolve(answer);
        };
        child.stdin.write(`${JSON.stringify(question)}\n`);
      }),
    stop() {
      child.stdin.end();
      child.kill();
    },
  };
}
