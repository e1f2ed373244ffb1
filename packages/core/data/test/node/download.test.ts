import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Download, DownloadOptions } from '../../src/node.js';
import { downloadFile } from '../../src/node.js';
import { expectFailure, temporaryFolder } from '../support.js';
import type { FileBehaviour, TestServer } from './server.js';
import { fileHandler, serve } from './server.js';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const hash = (algorithm: string, bytes: Uint8Array = content): string =>
  createHash(algorithm).update(bytes).digest('hex');
const sha256 = hash('sha256');
const quick: DownloadOptions = { backoffMs: 1, retries: 3, timeoutMs: 2000 };

async function withServer(behaviour: FileBehaviour = {}, bytes = content): Promise<TestServer> {
  return serve(fileHandler(bytes, behaviour));
}

function target(...servers: (TestServer | string)[]): Download {
  const path = join(temporaryFolder(), 'sub', 'file.bin');
  return { urls: servers.map((s) => `${typeof s === 'string' ? s : s.url}/file.bin`), path, sha256 };
}

const saved = (file: Download): Buffer => readFileSync(file.path);
const others = (file: Download): string[] =>
  readdirSync(join(file.path, '..')).filter((name) => name !== 'file.bin');

describe('a download', () => {
  test('arrives, is checked, reports progress, and is not fetched again', async () => {
    const server = await withServer();
    const file = { ...target(server), md5: hash('md5'), size: content.length };
    const seen: number[] = [];
    const onProgress = ({ received, total }: { received: number; total: number | undefined }): void => {
      seen.push(received);
      expect(total).toBe(content.length);
    };
    expect(await downloadFile(file, { ...quick, onProgress })).toBe(file.path);
    expect(saved(file).equals(content)).toBe(true);
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(content.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(others(file)).toEqual([]);
    await downloadFile(file, quick);
    expect(server.requests).toHaveLength(1);
  });

  test('that was damaged on the disk is fetched again', async () => {
    const server = await withServer();
    const file = target(server);
    await downloadFile(file, quick);
    writeFileSync(file.path, 'damaged');
    await downloadFile(file, quick);
    expect(saved(file).equals(content)).toBe(true);
  });

  test('without checksums', async () => {
    const server = await withServer({ cutAfter: [1000] });
    const { urls, path } = target(server);
    await downloadFile({ urls, path }, quick);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests[1]).toContain('bytes=');
  });
});

describe('a broken connection', () => {
  test('goes on where it stopped', async () => {
    const server = await withServer({ cutAfter: [100_000, 50_000] });
    const file = target(server);
    const lines: string[] = [];
    await downloadFile(file, { ...quick, log: (line) => void lines.push(line) });
    expect(saved(file).equals(content)).toBe(true);
    expect(server.requests).toEqual(['/file.bin', '/file.bin bytes=100000-', '/file.bin bytes=150000-']);
    expect(lines).toHaveLength(2);
  });

  test('also in a later process', async () => {
    const server = await withServer({ cutAfter: [100_000] });
    const file = target(server);
    await expectFailure(
      () => downloadFile(file, { ...quick, retries: 0 }),
      'DOWNLOAD_NETWORK',
      file.urls[0]!,
    );
    expect(existsSync(file.path)).toBe(false);
    await downloadFile(file, quick);
    expect(server.requests[1]).toBe('/file.bin bytes=100000-');
    expect(saved(file).equals(content)).toBe(true);
  });

  test('from a server without Range starts anew', async () => {
    const server = await withServer({ cutAfter: [100_000], ranges: false });
    const file = target(server);
    await downloadFile(file, quick);
    expect(server.requests[1]).toBe('/file.bin bytes=100000-');
    expect(saved(file).equals(content)).toBe(true);
  });

  test('over which the file changed starts anew', async () => {
    const old = await withServer({ cutAfter: [100_000], etag: '"old"' }, new Uint8Array(300_000));
    const file = target(old);
    await expectFailure(() => downloadFile(file, { ...quick, retries: 0 }), 'DOWNLOAD_NETWORK');
    // Another mirror: no ETag is known for it, so the checksum must notice the mixture.
    const server = await withServer();
    await downloadFile({ ...file, urls: [`${server.url}/file.bin`] }, quick);
    expect(server.requests).toEqual(['/file.bin bytes=100000-', '/file.bin']);
    expect(saved(file).equals(content)).toBe(true);
  });

  test('is given up after the retries, and the part is kept', async () => {
    const server = await withServer({ cutAfter: [10, 0, 0, 0, 0, 0] });
    const file = target(server);
    await expectFailure(() => downloadFile(file, quick), 'DOWNLOAD_NETWORK', file.path);
    expect(server.requests).toHaveLength(4);
    expect(others(file)).toContain('file.bin.part');
  });

  test('a server that falls silent', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('abc');
    });
    await expectFailure(
      () => downloadFile(target(server), { ...quick, retries: 0, timeoutMs: 50 }),
      'DOWNLOAD_NETWORK',
      'nothing arrived for 50 ms',
    );
  });

  test('a complete part needs no more bytes', async () => {
    const server = await withServer();
    const file = target(server);
    await downloadFile(file, quick);
    writeFileSync(`${file.path}.part`, content);
    writeFileSync(file.path, '');
    await downloadFile(file, quick);
    expect(server.requests[1]).toBe('/file.bin bytes=300000-');
    expect(saved(file).equals(content)).toBe(true);
  });
});

describe('a server that refuses', () => {
  test('404 is not retried; the next place is tried', async () => {
    const missing = await serve((_, response) => response.writeHead(404).end());
    const server = await withServer();
    const file = target(missing, server);
    await downloadFile(file, quick);
    expect(missing.requests).toHaveLength(1);
    expect(saved(file).equals(content)).toBe(true);
    await expectFailure(
      () => downloadFile(target(missing, missing), quick),
      'DOWNLOAD_STATUS',
      '404',
      missing.url,
    );
  });

  test('503 is retried', async () => {
    let refusals = 2;
    const handle = fileHandler(content);
    const server = await serve((request, response) => {
      if (refusals-- > 0) response.writeHead(503, { 'retry-after': '0' }).end();
      else handle(request, response);
    });
    await downloadFile(target(server), quick);
    expect(server.requests).toHaveLength(3);
  });

  test('no server at all', async () => {
    await expectFailure(
      () => downloadFile(target('http://127.0.0.1:1'), { ...quick, retries: 1 }),
      'DOWNLOAD_NETWORK',
      '127.0.0.1:1',
    );
  });
});

describe('wrong content', () => {
  test('a wrong checksum leaves no file', async () => {
    const server = await withServer({}, new Uint8Array(300_000));
    const file = target(server);
    await expectFailure(() => downloadFile(file, quick), 'DOWNLOAD_CHECKSUM', sha256, 'sha256');
    expect(server.requests).toHaveLength(1);
    expect(readdirSync(join(file.path, '..'))).toEqual([]);
    await expectFailure(
      () => downloadFile({ ...file, sha256: hash('sha256', new Uint8Array(300_000)), md5: 'ab' }, quick),
      'DOWNLOAD_CHECKSUM',
      'md5',
    );
  });

  test('a wrong checksum: the next place may have the right file', async () => {
    const file = target(await withServer({}, new Uint8Array(9)), await withServer());
    await downloadFile(file, quick);
    expect(saved(file).equals(content)).toBe(true);
  });

  test('another size than published', async () => {
    const server = await withServer();
    await expectFailure(
      () => downloadFile({ ...target(server), size: 5 }, quick),
      'DOWNLOAD_SIZE',
      '300000',
      '5',
    );
  });
});

describe('several at once', () => {
  test('one fetches, the others wait', async () => {
    const server = await withServer({ cutAfter: [1000] });
    const file = target(server);
    await Promise.all([1, 2, 3].map(() => downloadFile(file, quick)));
    expect(server.requests).toHaveLength(2);
    expect(others(file)).toEqual([]);
  });

  test('the lock of a dead process is taken over', async () => {
    const server = await withServer();
    const file = target(server);
    await downloadFile(file, quick);
    writeFileSync(file.path, '');
    // No process has this number: it is beyond the largest that Linux gives.
    writeFileSync(`${file.path}.lock`, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    await downloadFile(file, quick);
    expect(saved(file).equals(content)).toBe(true);
  });
});

test('aborting', async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('abc');
  });
  const controller = new AbortController();
  const running = downloadFile(target(server), { ...quick, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('stop it')), 50);
  await expect(running).rejects.toThrow('stop it');
});

test('a progress callback that throws is not taken for the network', async () => {
  const server = await withServer();
  const onProgress = (): void => {
    throw new RangeError('mine');
  };
  await expect(downloadFile(target(server), { ...quick, onProgress })).rejects.toThrow(
    new RangeError('mine'),
  );
  expect(server.requests).toHaveLength(1);
});

test('bad input', async () => {
  await expectFailure(() => downloadFile(target()), 'ARGUMENT', 'url');
  await expectFailure(() => downloadFile(target('http://x'), { retries: -1 }), 'ARGUMENT', 'retries');
});
