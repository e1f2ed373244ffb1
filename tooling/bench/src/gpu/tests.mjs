import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Runs the WebGPU tests, shown as they go. Resolves to { passed, failed }; `env` says on which adapter. */
export async function runTests(env) {
  const scratch = mkdtempSync(join(tmpdir(), 'trellis-gpu-'));
  const output = join(scratch, 'tests.json');
  const vitest = fileURLToPath(new URL('node_modules/vitest/vitest.mjs', `file://${root}`));
  const flags = [
    '--typecheck.enabled=false',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${output}`,
  ];
  const child = spawn(process.execPath, [vitest, 'run', 'packages/core/tensor/test/webgpu', ...flags], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  try {
    await new Promise((resolve) => child.on('close', resolve));
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(output, 'utf8'));
    // A file that cannot be loaded has no tests that could fail.
    return { passed: numPassedTests, failed: Math.max(numFailedTests, numFailedTestSuites) };
  } catch (error) {
    return { passed: 0, failed: 1, reason: `the tests did not run: ${error.message}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
