/*
 * `node tooling/bench/src/optimizers.mjs [numbers]`: the compiled step of every elementwise optimizer over the time in which this
 * machine copies as many bytes as the step must read and write. Needs built packages (`pnpm bench` builds them).
 */
import { jit, ones, tree } from '@core/tensor';
import * as optim from '@plugins/optim';

const size = Number(process.argv[2] ?? 1e6);
const side = Math.round(Math.sqrt(size));
const shape = [side, side];

/** Optimizer, and the arrays per parameter that a step reads and writes beside the gradient, which it reads. */
const rules = {
  sgd: [optim.sgd({ learningRate: 0.01 }), 1],
  'sgd, momentum': [optim.sgd({ learningRate: 0.01, momentum: 0.9 }), 2],
  lion: [optim.lion({ weightDecay: 0.1 }), 2],
  adagrad: [optim.adagrad(), 2],
  rmsprop: [optim.rmsprop(), 2],
  scheduleFreeSgd: [optim.scheduleFreeSgd(), 2],
  adam: [optim.adam(), 3],
  adamw: [optim.adamw(), 3],
  adamax: [optim.adamax(), 3],
  nadam: [optim.nadam(), 3],
  radam: [optim.radam(), 3],
  adabelief: [optim.adabelief(), 3],
  exadam: [optim.exadam({ weightDecay: 0.1 }), 3],
  adadelta: [optim.adadelta(), 3],
  sophia: [optim.sophia(), 3],
  'sophia, empirical': [optim.sophia({ empirical: { every: 10, batchSize: 64 } }), 3],
  scheduleFreeAdamw: [optim.scheduleFreeAdamw(), 3],
  amsgrad: [optim.amsgrad(), 4],
  // Not elementwise: norms and means are passes of their own. The floor is that of one pass.
  lamb: [optim.lamb(), 3],
  adamp: [optim.adamp(), 3],
  adafactor: [optim.adafactor(), 1],
};

/** Seconds of the fastest of many runs of each, taken in turns: what else the machine does only adds. */
function fastest(...runs) {
  const best = runs.map(() => Infinity);
  const until = performance.now() + 1000;
  for (let round = 0; round < 30 || performance.now() < until; round++) {
    runs.forEach((run, i) => {
      const start = performance.now();
      run();
      best[i] = Math.min(best[i], (performance.now() - start) / 1000);
    });
  }
  return best;
}

/** A compiled step that gives its first argument away, called over and over. */
function repeated(f, first, ...others) {
  const step = jit(f, { donate: [0] });
  let at = first;
  return () => {
    at = step(at, ...others);
  };
}

/** Reads half of so many bytes and writes the other half, from one array to another, on all threads. */
function copy(bytes) {
  const source = ones([Math.round(bytes / 8)]);
  const program = jit((x) => x.neg());
  return () => program(source).dispose();
}

const [large] = fastest(copy(512e6));
const lines = Object.entries(rules).map(([name, [optimizer, arrays]]) => {
  const params = ones(shape);
  const start = tree.map((x) => x.mul(1), { params, state: optimizer.init(params) });
  const step = repeated(
    (at, g) => {
      const next = optimizer.update(g, at.state, at.params);
      return { params: optim.applyUpdates(at.params, next.updates), state: next.state };
    },
    start,
    ones(shape).mul(0.01),
  );
  const bytes = (2 * arrays + 1) * 4 * side * side;
  const [time, floor] = fastest(step, copy(bytes));
  return { name, time, bytes, floor };
});

console.log(
  `${side * side} numbers in float32; a copy of 512 MB moves ${(512e-3 / large).toFixed(0)} GB/s\n`,
);
console.log('| optimizer | ms | MB | over a copy of as many bytes | over 512 MB’s pace |');
console.log('| --- | --- | --- | --- | --- |');
for (const { name, time, bytes, floor } of lines) {
  const cells = [
    name,
    (time * 1e3).toFixed(2),
    (bytes / 1e6).toFixed(0),
    (time / floor).toFixed(2),
    (time / ((bytes / 512e6) * large)).toFixed(2),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
