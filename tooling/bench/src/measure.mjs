import { setTimeout as pause } from 'node:timers/promises';
import { median } from './median.mjs';

/** Work that would take longer is skipped. */
const LIMIT_MILLISECONDS = 10_000;
/** Work that takes longer has one turn: its time says enough. */
const ONE_TURN_MILLISECONDS = 1000;
/** Between turns: idle threads of BLAS libraries spin on for up to 0.1 s, and would take a core from the next peer. */
const PAUSE_MILLISECONDS = 50;
/** How far a peer's check number may be from the others' median, relative to it. */
const TOLERANCE = 1e-3;

/**
 * Measures one subject: every peer prepares it, then they take turns, so that what else the machine does meets all alike.
 *
 * @param peers running peers (`startPeer`) with the settings that they were started by
 * @param previous times by peer name of the next smaller size of the series: { work, milliseconds }
 * @param pace { rounds, seconds } turns, and seconds of each
 * @returns { [peer name]: { milliseconds, samples } or { reason } }
 */
export async function measure(subject, peers, previous, { rounds, seconds }) {
  const results = {};
  const checks = {};
  const slow = new Set();
  for (const peer of peers) {
    const predicted = prediction(subject, previous[peer.name]);
    if (predicted !== undefined) {
      results[peer.name] = { reason: predicted };
      continue;
    }
    const answer = await peer.ask({ ask: 'prepare', subject });
    if (answer.error !== undefined) results[peer.name] = { reason: answer.error };
    else if (answer.milliseconds > LIMIT_MILLISECONDS)
      results[peer.name] = { reason: tooLong(answer.milliseconds) };
    else {
      checks[peer.name] = answer.check;
      if (answer.milliseconds > ONE_TURN_MILLISECONDS) slow.add(peer.name);
    }
  }
  const expected = median(Object.values(checks));
  const times = {};
  for (let round = 0; round < rounds; round++) {
    const turn = ({ name }) =>
      name in checks && results[name] === undefined && !(round > 0 && slow.has(name));
    for (const peer of peers.filter(turn)) {
      await pause(PAUSE_MILLISECONDS);
      const answer = await peer.ask({ ask: 'time', seconds });
      if (answer.error !== undefined) results[peer.name] = { reason: answer.error };
      else (times[peer.name] ??= []).push(answer);
    }
  }
  for (const peer of peers) {
    await peer.ask({ ask: 'release' });
    results[peer.name] ??= result(times[peer.name], checks[peer.name], expected);
  }
  return results;
}

function result(turns, check, expected) {
  const milliseconds = median(turns.map((turn) => turn.milliseconds));
  // `!` with `<=`, because NaN compares as false: it is wrong, too.
  if (!(Math.abs(check - expected) <= TOLERANCE * Math.abs(expected))) {
    const reason = `wrong: ${check.toPrecision(5)}, where the others have ${expected.toPrecision(5)}`;
    return { reason, milliseconds };
  }
  return { milliseconds, samples: turns.reduce((sum, turn) => sum + turn.samples, 0) };
}

function prediction(subject, previous) {
  if (previous === undefined) return undefined;
  const milliseconds = (previous.milliseconds * subject.work) / previous.work;
  return milliseconds > LIMIT_MILLISECONDS ? tooLong(milliseconds) : undefined;
}

function tooLong(milliseconds) {
  return `takes about ${Math.round(milliseconds / 1000)} s`;
}
