import { grad, jit } from '@core/tensor';
import { adamw, lion } from '@plugins/optim';
import { perceptron, train } from './digits.mjs';
import { descend, normal, range, f64, uniforms } from './support.mjs';
import { between, interval, plusMinus, ratio, verdict } from './statistics.mjs';

const [decay, rate] = [0.8, 0.01];

/**
 * ‖A x - b‖²/40 with its solution at 2 N(0, 1), outside of the box |x| <= 1/λ: after 3000 steps λ max |x|, and how far the loss is
 * above the least one in the box, which projected gradient steps find.
 */
function edge(seed, optimizer) {
  const a = normal(seed, [20, 10]);
  const b = a.matmul(normal(seed + 100, [10]).mul(2));
  const loss = (at) => a.matmul(at).sub(b).square().sum().div(40);
  const start = f64(new Float64Array(10));
  const x = descend({ loss, start, optimizer, steps: 3000 });
  const step = jit((at) => at.sub(grad(loss)(at).mul(0.2)).clip(-1 / decay, 1 / decay));
  let least = start;
  for (let k = 0; k < 3000; k++) least = step(least);
  step.dispose();
  return { size: decay * Math.max(...x.abs().dataSync()), gap: loss(x).item() - loss(least).item() };
}

/** Random gradients, w₀ = 5: the worst of the excess over the bound 3.75 (1 - ηλ)^k, and of |w| once it was inside. */
function phases(seed) {
  const optimizer = lion({ learningRate: rate, weightDecay: decay });
  let [w, beyond, outside, inside] = [f64([5, -5, 5]), -Infinity, -Infinity, false];
  let state = optimizer.init(w);
  const draws = uniforms(seed, 3 * 1000);
  for (let k = 1; k <= 1000; k++) {
    const next = optimizer.update(f64(draws.slice(3 * k - 3, 3 * k)).sub(0.5), state, w);
    w = w.add(next.updates);
    state = next.state;
    const largest = Math.max(...w.abs().dataSync());
    beyond = Math.max(beyond, largest - 1 / decay - 3.75 * (1 - rate * decay) ** k);
    if (inside) outside = Math.max(outside, largest - 1 / decay);
    inside ||= largest <= 1 / decay;
  }
  return Math.max(beyond, outside);
}

export const title = 'Lion: weight decay λ is the box |w| <= 1/λ';

export async function run() {
  const seeds = range(10);
  const [ours, theirs] = [lion, adamw].map((make) =>
    seeds.map((seed) => edge(seed, make({ learningRate: rate, weightDecay: decay }))),
  );
  const boxed = ours.map(({ size }) => size);
  const gaps = [ours, theirs].map((ends) => ends.map(({ gap }) => gap));
  const nearer = ratio(gaps[0], gaps[1]);
  const bounds = ({ mean, half }) => ({ mean, low: mean - half, high: mean + half });
  const worst = Math.max(...seeds.map(phases));
  const rows = [
    {
      claim: `least squares whose solution is outside (λ 0.8, rate 0.01, 10 seeds): Lion ends on the box, λ max|w| within 1e-6 of 1`,
      left: `Lion ${plusMinus(boxed)}`,
      right: '1',
      compared: between(bounds(interval(boxed.map((x) => x - 1)))),
      verdict: verdict(bounds(interval(boxed.map((x) => Math.abs(x - 1)))), { below: 1e-6 }),
    },
    {
      claim:
        'the same: it ends nearer to the least loss in the box than AdamW with the same λ (loss above it)',
      left: `Lion ${plusMinus(gaps[0])}`,
      right: `AdamW ${plusMinus(gaps[1])}`,
      compared: between(nearer),
      verdict: verdict(nearer, { below: 1 }),
    },
    {
      claim:
        'random gradients from w = 5: the excess falls by 1 - ηλ a step, and the box is never left (worst of 10 seeds)',
      left: `largest violation ${worst.toExponential(1)}`,
      right: '1e-9',
      compared: '',
      verdict: worst <= 1e-9 ? 'holds' : 'does not hold',
    },
  ];
  const few = range(5);
  const grid = [1e-3, 3e-3, 1e-2, 3e-2];
  const runs = {};
  for (const [name, make] of [
    ['Lion', (learningRate) => lion({ learningRate, weightDecay: 0.01 })],
    ['AdamW', (learningRate) => adamw({ learningRate, weightDecay: 0.01 })],
  ]) {
    runs[name] = [];
    for (const from of grid) {
      const row = [];
      for (const seed of few) row.push(await train({ net: perceptron, make, rate: from, epochs: 3, seed }));
      runs[name].push(row);
    }
  }
  const losses = (name, i) => runs[name][i].map(({ loss }) => loss);
  const same = ratio(losses('Lion', 0), losses('AdamW', 0));
  rows.push({
    claim: 'digits, 784-64-10, three epochs, equal rate 1e-3: training loss of Lion below AdamW’s (5 seeds)',
    left: `Lion ${plusMinus(losses('Lion', 0))}`,
    right: `AdamW ${plusMinus(losses('AdamW', 0))}`,
    compared: between(same),
    verdict: verdict(same, { below: 1 }),
  });
  const best = (name) => {
    const means = grid.map((_, i) => interval(losses(name, i)).mean);
    return means.indexOf(Math.min(...means));
  };
  const [l, a] = [best('Lion'), best('AdamW')];
  const tuned = ratio(losses('Lion', l), losses('AdamW', a));
  rows.push({
    claim: `the same at the best rates of one grid (${grid[l]}, ${grid[a]})`,
    left: `Lion ${plusMinus(losses('Lion', l))}`,
    right: `AdamW ${plusMinus(losses('AdamW', a))}`,
    compared: between(tuned),
    verdict: verdict(tuned, { below: 1 }),
  });
  return rows;
}
