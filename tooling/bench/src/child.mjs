// `node child.mjs PEER`: the process that one JavaScript peer runs in.
import { serve } from './peers/child.mjs';

const peers = {
  trellis: () => import('./peers/trellis/index.mjs'),
  'trellis-webgpu': () => import('./peers/trellis/webgpu.mjs'),
  'tfjs-wasm': () => import('./peers/tfjs/wasm.mjs'),
  'tfjs-cpu': () => import('./peers/tfjs/cpu.mjs'),
  'jax-js': () => import('./peers/jax/index.mjs'),
};
const { start, device } = await peers[process.argv[2]]();
await serve(await start(), device);
