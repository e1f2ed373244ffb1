import { tensor, useBackend } from '@core/tensor';
import { start as startTrellis } from './index.mjs';

/** Where the backend cannot start, its reason is the answer to every subject. */
export async function start() {
  const works = startTrellis();
  try {
    await useBackend('webgpu');
    return works;
  } catch (error) {
    const refuse = () => {
      throw error;
    };
    return Object.fromEntries(Object.keys(works).map((kind) => [kind, refuse]));
  }
}

export const device = {
  sampleMilliseconds: 20,
  /** Work is done in order, so what is read last was computed last. */
  async settle() {
    const one = tensor([1]);
    const two = one.add(1);
    await two.data();
    one.dispose();
    two.dispose();
  },
};
