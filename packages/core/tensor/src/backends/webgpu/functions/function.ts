/** A WGSL function, with those it calls. A name stands for the same function everywhere. */
export interface WgslFunction {
  readonly name: string;
  readonly code: string;
  readonly uses?: readonly WgslFunction[];
}

/** The texts of functions and of all that they call, each once, callees first. */
export function declare(functions: Iterable<WgslFunction>): string {
  const texts = new Map<string, string>();
  const add = ({ name, code, uses = [] }: WgslFunction): void => {
    if (texts.has(name)) return;
    uses.forEach(add);
    texts.set(name, code);
  };
  for (const each of functions) add(each);
  return [...texts.values()].join('\n');
}
