import { engineIn } from './load.js';
import type { ImportModule } from './load.js';
import { tfjs } from './running.js';

const module = '@tensorflow/tfjs-node-gpu';

/**
 * Why tfjs does not compute on a GPU through TensorFlow, or undefined where it does. `@tensorflow/tfjs-node` is not even
 * looked for: it computes on the processor, and takes a second to load.
 */
export async function unfitEngine(load?: ImportModule): Promise<string | undefined> {
  const running = tfjs.latest()?.device.loaded;
  if (running !== undefined && running.module !== module)
    return `it runs already, on its ${running.engine} engine`;
  const result = running ?? (await engineIn('tensorflow', module, load));
  return 'core' in result ? undefined : result.reason;
}
