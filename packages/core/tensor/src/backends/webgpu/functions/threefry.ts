import { parity, rotationSchedule } from '../../../primitives/kernels/threefry.js';
import type { WgslFunction } from './function.js';

const rounds = rotationSchedule.map((rotations, group) => {
  const mixing = rotations.map((by) => `  x += y; y = ((y << ${by}u) | (y >> ${32 - by}u)) ^ x;`);
  const [first, second] = [1, 2].map((ahead) => `k${(group + ahead) % 3}`);
  return [...mixing, `  x += ${first}; y += ${second} + ${group + 1}u;`].join('\n');
});

/** Threefry-2x32 with 20 rounds, as in the reference kernel: the two words of a key and a counter below 2^32. */
export const threefry: WgslFunction = {
  name: 'threefry',
  code: `fn threefry(key: vec2<u32>, counter: u32) -> vec2<u32> {
  let k0 = key.x;
  let k1 = key.y;
  let k2 = k0 ^ k1 ^ ${parity}u;
  var x = k0;
  var y = counter + k1;
${rounds.join('\n')}
  return vec2<u32>(x, y);
}`,
};
