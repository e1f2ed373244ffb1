import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const root = join(import.meta.dirname, '..');

/** The browser that drives the page: Debian's, or what CHROMIUM names. */
export function chromiumPath() {
  return [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && existsSync(path),
  );
}

/** Builds the page into a folder of its own and serves it on this machine alone. */
export async function servePage() {
  const outDir = mkdtempSync(join(tmpdir(), 'trellis-page-'));
  const settings = { root, configFile: join(root, 'vite.config.ts'), logLevel: 'error' };
  await build({ ...settings, build: { outDir, emptyOutDir: true, reportCompressedSize: false } });
  const server = await preview({
    ...settings,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, open: false },
  });
  return {
    url: `http://127.0.0.1:${server.httpServer.address().port}/`,
    async close() {
      await server.close();
      rmSync(outDir, { recursive: true, force: true });
    },
  };
}

/** A browser that keeps to itself: no profile of anybody, no updates, no calls home. WebGPU runs on SwiftShader. */
const flags = [
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--disable-gpu-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

/** A new browser with one empty tab. `close` ends it and removes what it has written. */
export async function openBrowser(executablePath, options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'trellis-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    chromiumSandbox: false,
    args: flags,
    ...options,
  });
  return {
    page: context.pages()[0] ?? (await context.newPage()),
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
