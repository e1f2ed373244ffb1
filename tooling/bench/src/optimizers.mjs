/*
 * `node tooling/bench/src/optimizers.mjs [numbers…] [--only name]`: the compiled step of every elementwise optimizer, and of those
 * with norms, over the time in which this machine copies as many bytes as the step must read and write; PyTorch's steps beside
 * them, where it is installed. Default 1e6 and 1e7 numbers. Needs built packages (`pnpm bench` builds them).
 *
 * A copy reads one array and writes another. Two of them are measured: one whose arrays are together as large as those of the
 * step, in turns with it, so that both find the same caches; and one of 512 MB, which no cache holds. Both are the best of
 * Trellis's copy and PyTorch's. What else the machine does only adds: of all times the least counts.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { backendInfo, jit, ones, profile, tree } from '@core/tensor';
import * as optim from '@plugins/optim';
import { startPeer } from './peer.mjs';
import { peers } from './peers/index.mjs';

const arguments_ = process.argv.slice(2);
const at = arguments_.indexOf('--only');
const only = at < 0 ? undefined : arguments_.splice(at, 2)[1];
const sizes = arguments_.length > 0 ? arguments_.map(Number) : [1e6, 1e7];

/**
 * Optimizer; arrays that a step reads and those that it writes, if it goes through them once; where it has to go twice or
 * more, as many arrays in all; and PyTorch's of the same name.
 */
const rules = [
  ['sgd', optim.sgd({ learningRate: 0.01 }), 2, 1],
  ['sgd, momentum', optim.sgd({ learningRate: 0.01, momentum: 0.9 }), 3, 2, { torch: 'sgd' }],
  ['lion', optim.lion({ weightDecay: 0.1 }), 3, 2],
  ['lionK, l1', optim.lionK(), 3, 2],
  ['lionK, huber', optim.lionK({ kappa: optim.kappas.huber(0.1) }), 3, 2],
  ['lionK, entropy', optim.lionK({ kappa: optim.kappas.entropy(0.1) }), 3, 2],
  ['adagrad', optim.adagrad(), 3, 2],
  ['rmsprop', optim.rmsprop(), 3, 2],
  ['scheduleFreeSgd', optim.scheduleFreeSgd(), 3, 2],
  ['normalizedLrGd', normalized(), 2, 1],
  ['adam', optim.adam(), 4, 3, { torch: 'adam' }],
  ['adamw', optim.adamw(), 4, 3, { torch: 'adamw' }],
  ['adamax', optim.adamax(), 4, 3],
  ['nadam', optim.nadam(), 4, 3],
  ['radam', optim.radam(), 4, 3],
  ['adabelief', optim.adabelief(), 4, 3],
  ['exadam', optim.exadam({ weightDecay: 0.1 }), 4, 3],
  ['adadelta', optim.adadelta(), 4, 3],
  ['sophia', optim.sophia(), 4, 2],
  ['sophia, empirical', optim.sophia({ empirical: { every: 10, batchSize: 64 } }), 4, 3],
  ['scheduleFreeAdamw', optim.scheduleFreeAdamw(), 4, 3],
  ['amsgrad', optim.amsgrad(), 5, 4],
  // Norms and means: g, m, v to m, v and a direction, with its norm; the norm of w; the direction and w to w.
  ['lamb', optim.lamb(), 4, 3, { passes: 10 }],
  ['adamp', optim.adamp(), 4, 3, { passes: 10 }],
  ['sgdp', optim.sgdp({ learningRate: 0.01, momentum: 0.9 }), 3, 2, { passes: 8 }],
  // g for the means of its squares, g and w for the sizes of direction and weights, g and w to w.
  ['adafactor', optim.adafactor(), 2, 1, { passes: 6 }],
];

/** `normalizedLrGd` takes the mean of the sigmoids as well. */
function normalized() {
  const optimizer = optim.normalizedLrGd({ learningRate: 0.01 });
  const meanSigmoid = ones([]).mul(0.5);
  return { ...optimizer, update: (g, state, params) => optimizer.update(g, state, params, { meanSigmoid }) };
}

/** A step on `shape` that gives its state away, called over and over. */
function stepOf(optimizer, shape) {
  const params = ones(shape);
  const g = ones(shape).mul(0.01);
  const step = jit(
    (now, gradient) => {
      const next = optimizer.update(gradient, now.state, now.params);
      return { params: optim.applyUpdates(now.params, next.updates), state: next.state };
    },
    { donate: [0] },
  );
  let now = tree.map((x) => x.mul(1), { params, state: optimizer.init(params) });
  params.dispose();
  return {
    run: () => {
      now = step(now, g);
    },
    free: () => tree.leaves([now, g]).forEach((x) => x.dispose()),
  };
}

/** A copy between two arrays that take so many bytes together. */
function copyOf(bytes) {
  const source = ones([Math.round(bytes / 8)]);
  const program = jit((x) => x.neg());
  return { run: () => program(source).dispose(), free: () => source.dispose() };
}

/** Seconds of the fastest call in `seconds`. */
function fastest(run, seconds) {
  let best = Infinity;
  const until = performance.now() + seconds * 1000;
  for (let calls = 0; calls < 5 || performance.now() < until; calls++) {
    const start = performance.now();
    run();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

/** A peer's fastest call of a subject; Infinity without one. */
async function peerTime(peer, seconds) {
  if (peer === undefined) return Infinity;
  const { least } = await peer.ask({ ask: 'time', seconds });
  // Its threads spin on for a while after a call.
  await pause(60);
  return least / 1000;
}

const rounds = 5;

/** Seconds of each, the best of all turns. */
async function inTurns(runs, peer) {
  const best = runs.map(() => Infinity);
  let ofPeer = Infinity;
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of runs.entries()) best[i] = Math.min(best[i], fastest(run, 0.15));
    ofPeer = Math.min(ofPeer, await peerTime(peer, 0.15));
  }
  return [...best, ofPeer];
}

/** PyTorch with as many threads as there are processors, ready for a subject; undefined where there is none. */
const torch = (() => {
  const found = peers().filter(({ label }) => label === 'PyTorch').at(-1); // prettier-ignore
  return found === undefined ? undefined : startPeer(found);
})();
async function prepared(subject) {
  if (torch === undefined) return undefined;
  const { error } = await torch.ask({ ask: 'prepare', subject });
  return error === undefined ? torch : undefined;
}

/** Bytes a second of the best copy between arrays of so many bytes together, in turns with what `run` does. */
async function pace(bytes, run = []) {
  const copy = copyOf(bytes);
  const peer = await prepared({ kind: 'copy', size: Math.round(bytes / 8) });
  const [own, ...others] = await inTurns([copy.run, ...run], peer);
  copy.free();
  await torch?.ask({ ask: 'release' });
  const ofPeer = others.pop();
  return [bytes / Math.min(own, ofPeer), ...others];
}

/** Seconds for `size` numbers at the speed of the step's kernels on few numbers, which lie in the caches, on one thread. */
function cached(optimizer, size) {
  const few = 64;
  const { run, free } = stepOf(optimizer, [few, few]);
  let best = Infinity;
  for (let i = 0; i < 1500; i++) {
    const { kernels } = profile(run);
    const large = kernels.filter(({ bytes, count }) => bytes / count >= 4 * few * few);
    best = Math.min(best, large.reduce((sum, { milliseconds }) => sum + milliseconds, 0)); // prettier-ignore
  }
  free();
  return (best / 1000 / few ** 2) * size;
}

const threads = Math.min(backendInfo().threads, availableParallelism());
for (const asked of sizes) {
  const side = Math.round(Math.sqrt(asked));
  const size = side * side;
  const array = 4 * size;
  const [large] = await pace(512e6);
  const chosen = rules.filter(([name]) => only === undefined || name === only);
  console.log(
    `\n${size} numbers in float32, ${threads} threads; copies of 512 MB: ${(large / 1e9).toFixed(1)} GB/s\n`,
  );
  console.log(
    '| optimizer | ms | bytes a number | over copies of 512 MB | over copies in the same caches | from cache alone, ms | PyTorch, ms |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: |');
  for (const [name, optimizer, reads, writes, { passes, torch: ofTorch } = {}] of chosen) {
    const step = stepOf(optimizer, [side, side]);
    const [near, time] = await pace(reads * array, [step.run]);
    const peer = ofTorch && (await prepared({ kind: ofTorch, size, tensors: 1 }));
    const [again, theirs] = peer ? await inTurns([step.run], peer) : [Infinity, Infinity];
    await torch?.ask({ ask: 'release' });
    step.free();
    const least = Math.min(time, again);
    const over = (speed) =>
      [reads + writes, ...(passes ? [passes] : [])]
        .map((arrays) => (least / ((arrays * array) / speed)).toFixed(2))
        .join('; in passes ');
    const cells = [
      name,
      (least * 1e3).toFixed(2),
      4 * (reads + writes) + (passes ? `; in passes ${4 * passes}` : ''),
      over(large),
      over(near),
      ((cached(optimizer, size) / threads) * 1e3).toFixed(2),
      theirs === Infinity ? '' : (theirs * 1e3).toFixed(2),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
torch?.stop();
