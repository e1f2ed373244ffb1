/** What a scope can free. Kept this small so that tensors can report themselves here without an import circle. */
interface Disposable {
  dispose(): void;
}

let current: Disposable[] | undefined;

/** Called for every concrete tensor as it is made. */
export function trackInScope(tensor: Disposable): void {
  current?.push(tensor);
}

/** Runs `body` collecting every concrete tensor that it makes; nested collections see only their own. */
export function collect<R>(body: () => R): { result: R; made: Disposable[] } {
  const outer = current;
  const made: Disposable[] = [];
  current = made;
  try {
    return { result: body(), made };
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  } finally {
    current = outer;
  }
}

/** Hands a tensor that outlives an inner scope to the scope outside, if there is one. */
export function adopt(tensor: Disposable): void {
  current?.push(tensor);
}

/** Runs `body` outside every scope: what it makes is freed by nobody but the collector. */
export function untracked<R>(body: () => R): R {
  const outer = current;
  current = undefined;
  try {
    return body();
  } finally {
    current = outer;
  }
}
