import type { EventEmitter } from 'node:events';

/** What is used of Node's `process`; tests pass one of their own. */
export interface Host extends Pick<EventEmitter, 'on'> {
  readonly stdout: Pick<EventEmitter, 'on'>;
  readonly stderr: Pick<EventEmitter, 'on'> & { write(text: string): unknown };
  exitCode?: number | string | null | undefined;
  exit(code: number): void;
}

/** What a program is told by its process, and tells it. */
export interface Stopping {
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** From here on the program ends by itself when stopped, however long a step takes: no time limit holds. */
  readonly stopsItself: () => void;
}

/** Milliseconds after the first signal until a program that does not stop itself is ended. */
const patience = 5000;

/** Exit codes by signal, as shells count them. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a program as this process: signals, closed pipes and the exit code.
 *
 * The first Ctrl-C or SIGTERM lets it end well; a second ends it at once, and so do five seconds in which it neither ended
 * nor said that it stops itself. A reader that closes standard output (`lab list | head -1`) has seen enough: what is
 * written after that is lost, and the program goes on, so that a run is trained to its end.
 */
export function runProcess(host: Host, program: (stopping: Stopping) => Promise<number>): void {
  const stop = new AbortController();
  let settled = false;
  let stopsItself = false;
  for (const [name, code] of Object.entries(codes)) {
    host.on(name, () => {
      if (stop.signal.aborted) return host.exit(code);
      stop.abort();
      setTimeout(() => {
        if (settled || stopsItself) return;
        host.stderr.write(`lab did not stop within ${patience / 1000} s of ${name}, and was ended\n`);
        host.exit(code);
      }, patience).unref();
    });
  }
  const ignoreClosed = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  };
  host.stdout.on('error', ignoreClosed);
  host.stderr.on('error', ignoreClosed);
  // Node ends quietly, with 0, when nothing is left that could settle a promise.
  host.on('beforeExit', () => {
    if (settled) return;
    settled = true;
    host.stderr.write(
      'defect: lab waits for something that can no longer happen, in itself or in a plugin\n',
    );
    host.exitCode = 2;
  });
  void program({ signal: stop.signal, stopsItself: () => (stopsItself = true) }).then((code) => {
    settled = true;
    host.exitCode = code;
  });
}
