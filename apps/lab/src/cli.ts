#!/usr/bin/env node
import { main } from './main.js';

// The first Ctrl-C lets a run end well; the second ends the process at once, as without us.
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

// `lab list | head`: the reader has seen enough, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

void main(process.argv.slice(2), { signal: stop.signal }).then((code) => {
  process.exitCode = code;
});
