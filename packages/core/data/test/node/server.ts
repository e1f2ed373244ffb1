import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestServer {
  readonly url: string;
  /** Every request: method, path and Range header. */
  readonly requests: string[];
}

/** A loopback server that answers with `handle` and goes away with the test. */
export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push([request.url, request.headers.range].filter(Boolean).join(' '));
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an address object.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

export interface FileBehaviour {
  /** Close the connection after so many bytes of a response, one number per request; later requests are answered in full. */
  readonly cutAfter?: readonly number[];
  /** Whether Range is understood. Default true. */
  readonly ranges?: boolean;
  readonly etag?: string;
}

/** Answers every path with `content`, with the faults asked for. */
export function fileHandler(content: Uint8Array, behaviour: FileBehaviour = {}) {
  const cuts = [...(behaviour.cutAfter ?? [])];
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { ranges = true, etag = '"v1"' } = behaviour;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN);
    const fresh = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const partial = ranges && fresh && !Number.isNaN(from);
    if (partial && from >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const body = partial ? content.subarray(from) : content;
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(partial ? 206 : 200, {
      'content-length': body.length,
      etag,
      ...(partial ? range : {}),
    });
    const cut = cuts.shift();
    if (cut === undefined) response.end(body);
    else response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
  };
}
