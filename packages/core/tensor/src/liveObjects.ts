/** The inspector's answer; Node's types leave it open. */
interface Query {
  readonly objects?: { readonly objectId?: string };
}

const slotName = 'trellis.liveObjects';

/**
 * The objects that have this prototype and that something still holds, found by a full garbage collection (tens of
 * milliseconds). In contrast to a FinalizationRegistry, whose callbacks wait for the event loop to turn, it knows at
 * once. Node's inspector is what can do it; undefined where there is none, or where it may not be used.
 */
export function liveObjects<T extends object>(prototype: T): T[] | undefined {
  const inspector = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:inspector');
  if (inspector === undefined) return undefined;
  // The inspector evaluates text in the global scope: what it works on passes through one global for that time.
  const slot = Symbol.for(slotName);
  const global = globalThis as unknown as Record<symbol, unknown>;
  let found: T[] | undefined;
  try {
    const session = new inspector.Session();
    session.connect();
    try {
      global[slot] = { prototype, receive: (objects: T[]) => (found = objects.slice()) };
      const [objectGroup, text] = [slotName, `globalThis[Symbol.for('${slotName}')]`];
      // The callbacks run before `post` returns.
      session.post('Runtime.evaluate', { expression: `${text}.prototype`, objectGroup }, (_, at) => {
        const prototypeObjectId = at?.result?.objectId;
        if (prototypeObjectId === undefined) return;
        session.post('Runtime.queryObjects', { prototypeObjectId, objectGroup }, (__, held) => {
          const objectId = (held as Query | undefined)?.objects?.objectId;
          if (objectId === undefined) return;
          const functionDeclaration = `function () { ${text}.receive(this); }`;
          session.post('Runtime.callFunctionOn', { objectId, functionDeclaration });
        });
      });
      session.post('Runtime.releaseObjectGroup', { objectGroup });
    } finally {
      delete global[slot];
      session.disconnect();
    }
  } catch {
    return undefined;
  }
  return found?.filter((object) => object !== prototype);
}
