import type { PluginOptions } from '../plugins.js';
import type { Terminal } from '../terminal/terminal.js';

/** What every command is given: the terminal, the user's folder, and how plugins are found. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly plugins: Omit<PluginOptions, 'from' | 'log'>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** To be called when a command takes care of `signal` by itself from here on. */
  readonly stopsItself: () => void;
}

/** Shows the registry's notices as dim lines on standard error. */
export function noticesTo({ err, style }: Terminal): (notice: { readonly message: string }) => void {
  return ({ message }) => err(`${style('dim', `note: ${message}`)}\n`);
}
