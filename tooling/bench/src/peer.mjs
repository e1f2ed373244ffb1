import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';

/** A question that is not answered in this time ends the peer. */
const PATIENCE_MILLISECONDS = 120_000;

/**
 * Starts a peer's process. `ask(question)` resolves to its answer; after the process has ended, to { error } with the
 * last line that it wrote to stderr.
 */
export function startPeer({ name, command, args, env }) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let complaint = '';
  let over = false;
  let answered;
  const finish = (error) => {
    over = true;
    complaint ||= error;
    answered?.({ error: complaint });
  };
  child.stderr.on('data', (chunk) => {
    complaint = String(chunk).trim().split('\n').at(-1) || complaint;
  });
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => finish(error.message));
  child.on('close', (code) => finish(`ended with ${code}`));
  createInterface({ input: child.stdout }).on('line', (line) => answered?.(JSON.parse(line)));

  return {
    name,
    ask: (question) =>
      new Promise((resolve) => {
        if (over) return resolve({ error: complaint });
        const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MILLISECONDS);
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
