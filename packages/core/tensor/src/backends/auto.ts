import type { Backend, PassedOver } from './backend.js';

/** A backend that may be taken without being asked for by name. */
export interface Candidate {
  readonly name: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * Why it is not fit, or undefined. Nothing is started for it: it must be quick and quiet where nothing is installed. What
   * it throws is a reason, too.
   */
  readonly unfit?: () => Promise<string | undefined>;
}

export type Start = (name: string, options: Readonly<Record<string, unknown>>) => Promise<Backend>;

/** The best first. The processor's own engine is always there, and faster than tfjs on the processor. */
export const candidates: readonly Candidate[] = [
  { name: 'webgpu', unfit: async () => (await import('./webgpu/adapters.js')).unfitAdapter() },
  {
    name: 'tfjs',
    options: { package: 'tensorflow' },
    unfit: async () => (await import('./tfjs/gpuEngine.js')).unfitEngine(),
  },
  { name: 'cpu' },
];

/** Starts the first candidate that is fit and starts, and says why those before it were passed over. */
export async function startBest(
  start: Start,
  list: readonly Candidate[] = candidates,
): Promise<{ readonly backend: Backend; readonly passedOver: readonly PassedOver[] }> {
  const passedOver: PassedOver[] = [];
  for (const { name, options = {}, unfit } of list) {
    try {
      const reason = await unfit?.();
      if (reason === undefined) return { backend: await start(name, options), passedOver };
      passedOver.push({ name, reason });
    } catch (thrown) {
      passedOver.push({ name, reason: reasonOf(thrown, name) });
    }
  }
  // With the list above it cannot come to this: the CPU engine runs from the start.
  throw new Error(passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; '));
}

/** The message without the names of those who passed it on. */
function reasonOf(thrown: unknown, name: string): string {
  const { cause } = (thrown ?? {}) as { cause?: unknown };
  const said = cause instanceof Error && thrown instanceof Error && thrown.message.includes(cause.message);
  const message = String(said ? cause.message : thrown instanceof Error ? thrown.message : thrown);
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}
