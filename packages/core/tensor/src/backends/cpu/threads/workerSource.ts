/**
 * What a worker thread runs: plain CommonJS in a string, so that it starts alike from the sources, from either build and
 * from inside an application bundled into one file. It never returns to its event loop. `pool.ts` has the protocol.
 */
export const workerSource = `
'use strict';
const { workerData, receiveMessageOnPort } = require('node:worker_threads');
const { memory, words, numbers, port, state, layout, states, givenUp, spinMilliseconds, foreign } = workerData;
const modules = [];
const instances = [];
const env = { memory, ...foreignFunctions() };
let last = 0;

Atomics.store(words, state, states.idle);
for (;;) {
  waitForJob();
  Atomics.store(words, state, states.active);
  // Only what is read from here on may be acted upon.
  const job = Atomics.load(words, layout.job);
  if (isNew(job)) {
    last = job;
    try {
      work();
    } catch (error) {
      Atomics.store(words, layout.next, givenUp);
      port.postMessage(String(error));
      Atomics.store(words, layout.failed, 1);
    }
  }
  Atomics.store(words, state, states.idle);
  Atomics.notify(words, state);
}

function isNew(job) {
  return (job & 1) === 1 && job !== last;
}

function waitForJob() {
  let start = performance.now();
  for (let turn = 1; ; turn++) {
    const job = Atomics.load(words, layout.job);
    if (isNew(job)) return;
    if (turn % 32 !== 0 || performance.now() - start < spinMilliseconds) continue;
    Atomics.wait(words, layout.job, job);
    start = performance.now();
  }
}

function work() {
  const call = functionOf(numbers[layout.module], numbers[layout.function]);
  if (call === undefined) return;
  const seat = Atomics.add(words, layout.joined, 1);
  if (seat >= numbers[layout.seats]) return;
  const items = numbers[layout.items];
  const pieces = numbers[layout.pieces];
  const pieceItems = numbers[layout.pieceItems];
  const scratchBytes = numbers[layout.scratchBytes];
  const count = numbers[layout.argumentCount];
  const args = Array.from(numbers.subarray(layout.arguments, layout.arguments + count));
  // The main thread has the first part of the scratch memory.
  if (scratchBytes > 0) args[count + 2] = numbers[layout.scratch] + (seat + 1) * scratchBytes;
  for (let piece; (piece = Atomics.add(words, layout.next, 1)) < pieces; ) {
    args[count] = piece * pieceItems;
    args[count + 1] = Math.min(items, (piece + 1) * pieceItems);
    call(...args);
  }
}

/** Modules arrive in the order of their numbers. Nothing for one that imports what this thread has not got. */
function functionOf(module, index) {
  for (let sent; module >= modules.length && (sent = receiveMessageOnPort(port)); ) modules.push(sent.message);
  instances[module] ??= exportsOf(modules[module]);
  return instances[module][index];
}

function exportsOf(module) {
  if (!WebAssembly.Module.imports(module).every(({ name }) => name in env)) return [];
  return new WebAssembly.Instance(module, { env }).exports;
}

/** The library's functions; none where it cannot be loaded in this thread. */
function foreignFunctions() {
  if (foreign === undefined) return {};
  try {
    const library = require(foreign.koffi).load(foreign.library);
    const declared = Object.entries(foreign.declarations);
    return Object.fromEntries(declared.map(([name, declaration]) => [name, library.func(declaration)]));
  } catch {
    return {};
  }
}
`;
