import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { main, type MainOptions } from '../../src/main.js';
import type { Terminal } from '../../src/terminal/terminal.js';
import { toy } from './toyPlugin.js';

/** A terminal that keeps what is written. */
export function testTerminal(
  columns = 100,
): Terminal & { readonly stdout: () => string; readonly stderr: () => string } {
  let stdout = '';
  let stderr = '';
  return {
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    interactive: false,
    columns,
    style: (_, text) => text,
    stdout: () => stdout,
    stderr: () => stderr,
  };
}

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with the given files, removed after the test. */
export function project(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-test-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Runs the program in this process with the toy plugin at hand. */
export async function lab(
  argv: readonly string[],
  options: Partial<MainOptions> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = testTerminal();
  const code = await main(argv, { terminal, plugins: { extra: [toy] }, ...options });
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() };
}
