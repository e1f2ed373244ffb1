import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes. Commands know nothing of `process`, so that tests can give them a terminal of their own. */
export interface Terminal {
  /** Results: standard output. */
  readonly out: (text: string) => void;
  /** Notes and errors: standard error. */
  readonly err: (text: string) => void;
  /** Whether lines may be redrawn. */
  readonly interactive: boolean;
  readonly columns: number;
  /** Text in a style, or plain where colours are off. */
  readonly style: (style: Style, text: string) => string;
  /** What the live bar draws on; only where `interactive`. */
  readonly stream?: NodeJS.WritableStream;
}

/** The terminal of a process. Colours and redrawing follow the stream and the variables NO_COLOR and FORCE_COLOR. */
export function processTerminal(
  stdout: NodeJS.WriteStream = process.stdout,
  stderr: NodeJS.WriteStream = process.stderr,
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const interactive = stdout.isTTY === true && env['TERM'] !== 'dumb' && env['CI'] === undefined;
  const coloured = wantsColour(stdout, env);
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive,
    columns: stdout.columns ?? 100,
    style: (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text),
    ...(interactive ? { stream: stdout } : {}),
  };
}

function wantsColour(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && stream.hasColors();
}
