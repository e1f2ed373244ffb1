import { open } from 'node:fs/promises';
import type { OptionNames } from '../checks.js';
import type { DownloadCode } from '../errors.js';
import { StorageError } from '../errors.js';
import { storageError } from './atomic.js';

export interface DownloadProgress {
  readonly url: string;
  readonly path: string;
  readonly received: number;
  /** Undefined where the server does not say. */
  readonly total: number | undefined;
}

export interface DownloadOptions {
  /** Further tries per place after a failure, counted anew whenever bytes arrive. Default 4. */
  readonly retries?: number;
  /** Wait before the first further try; it doubles each time, up to 30 s. Default 500 ms. */
  readonly backoffMs?: number;
  /** A connection that sends nothing for so long is given up. Default 30 s. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
}

export const downloadOptionNames: OptionNames<DownloadOptions> = {
  retries: true,
  backoffMs: true,
  timeoutMs: true,
  onProgress: true,
  signal: true,
  log: true,
};

/** One request for the rest of a file. */
export interface Attempt {
  readonly url: string;
  readonly part: string;
  readonly path: string;
  /** Bytes that are there already. */
  readonly from: number;
  readonly size?: number;
  /** The ETag or date under which the server gave the first bytes. */
  readonly validator?: string;
  /** Notes the validator of a new download. */
  remember(validator: string | undefined): Promise<void>;
}

/** A request that failed; `again` if a further try may help. */
export class AttemptError extends Error {
  constructor(
    readonly code: DownloadCode,
    message: string,
    readonly again = false,
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Fetches what is missing of a file and appends it to its part file. */
export async function fetchInto(attempt: Attempt, options: DownloadOptions): Promise<void> {
  if (attempt.size !== undefined && attempt.from === attempt.size) return;
  const idle = new AbortController();
  const { timeoutMs = 30_000 } = options;
  const giveUp = (): void => idle.abort(new Error(`nothing arrived for ${timeoutMs} ms`));
  let timer = setTimeout(giveUp, timeoutMs);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, timeoutMs);
  };
  const signal = options.signal === undefined ? idle.signal : AbortSignal.any([options.signal, idle.signal]);
  try {
    const response = await fetch(attempt.url, { headers: requestHeaders(attempt), signal });
    const start = await startOf(response, attempt);
    if (start === undefined) return;
    if (start === 0) await attempt.remember(validatorOf(response));
    await receive(response, start, attempt, options, alive);
  } catch (error) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    if (error instanceof AttemptError || error instanceof StorageError) throw error;
    if (error instanceof CallbackError) throw error.cause;
    throw new AttemptError('DOWNLOAD_NETWORK', `${attempt.url}: ${reasonOf(error)}`, true, undefined, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

function requestHeaders(attempt: Attempt): Record<string, string> {
  // A compressed transfer would be unpacked on the way, and its bytes would not be those of the file.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (attempt.from > 0) {
    headers.range = `bytes=${attempt.from}-`;
    // The whole file comes instead if it has changed meanwhile.
    if (attempt.validator !== undefined) headers['if-range'] = attempt.validator;
  }
  return headers;
}

/** The position at which the response's body starts; undefined if the file is complete already. */
async function startOf(response: Response, attempt: Attempt): Promise<number | undefined> {
  const { status } = response;
  if (status === 200) return 0;
  const range = response.headers.get('content-range') ?? '';
  if (status === 206) {
    if (Number(/^bytes (\d+)-/.exec(range)?.[1]) === attempt.from) return attempt.from;
    await response.body?.cancel();
    throw new AttemptError(
      'DOWNLOAD_NETWORK',
      `${attempt.url}: asked for byte ${attempt.from}, the server sent '${range}'`,
    );
  }
  await response.body?.cancel();
  // 416: nothing lies beyond what we have. Complete, if the server gives the same size.
  if (status === 416 && Number(/\/(\d+)$/.exec(range)?.[1]) === attempt.from) return undefined;
  if (status === 416) {
    // Truncating makes the next try start at the beginning.
    await (await open(attempt.part, 'w')).close();
    throw new AttemptError('DOWNLOAD_STATUS', `${attempt.url}: status 416 for byte ${attempt.from}`, true);
  }
  const again = status === 408 || status === 425 || status === 429 || status >= 500;
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  const retryAfterMs = Number.isFinite(seconds) ? Math.min(60_000, seconds * 1000) : undefined;
  throw new AttemptError(
    'DOWNLOAD_STATUS',
    `${attempt.url}: the server answered ${status} ${response.statusText}`,
    again,
    retryAfterMs,
  );
}

function validatorOf(response: Response): string | undefined {
  const etag = response.headers.get('etag');
  // A weak ETag does not promise equal bytes, so it cannot guard a range.
  if (etag !== null && !etag.startsWith('W/')) return etag;
  return response.headers.get('last-modified') ?? undefined;
}

async function receive(
  response: Response,
  start: number,
  attempt: Attempt,
  options: DownloadOptions,
  alive: () => void,
): Promise<void> {
  const length = Number(response.headers.get('content-length') ?? NaN);
  const total = Number.isFinite(length) ? start + length : attempt.size;
  if (attempt.size !== undefined && total !== undefined && total !== attempt.size) {
    await response.body?.cancel();
    throw new AttemptError(
      'DOWNLOAD_SIZE',
      `${attempt.url}: has ${total} bytes, but ${attempt.size} were published`,
    );
  }
  const report = (received: number): void => {
    try {
      options.onProgress?.({ url: attempt.url, path: attempt.path, received, total });
    } catch (cause) {
      throw new CallbackError('onProgress threw', { cause });
    }
  };
  let received = start;
  const file = await stored(attempt.part, () => open(attempt.part, start === 0 ? 'w' : 'a'));
  try {
    report(received);
    for await (const chunk of response.body ?? []) {
      alive();
      // Unlike write, writeFile goes on until all bytes are out; on an open file it starts at the current position.
      await stored(attempt.part, () => file.writeFile(chunk as Uint8Array));
      received += (chunk as Uint8Array).length;
      if (total !== undefined && received > total) {
        throw new AttemptError(
          'DOWNLOAD_SIZE',
          `${attempt.url}: sends more than the ${total} bytes it announced`,
        );
      }
      report(received);
    }
    await stored(attempt.part, () => file.sync());
  } finally {
    await file.close();
  }
  if (total !== undefined && received < total) {
    throw new AttemptError(
      'DOWNLOAD_NETWORK',
      `${attempt.url}: the connection ended after ${received} of ${total} bytes`,
      true,
    );
  }
}

/** What fails in `action` is the disk's fault, not the network's. */
async function stored<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw storageError(`writing ${path}`, cause);
  }
}

/** The caller's own failure, which must not be taken for one of the network. */
class CallbackError extends Error {}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== ''
    ? `${error.message} (${cause.message})`
    : error.message;
}
