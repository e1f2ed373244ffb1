import type { Factor } from './product.js';

/** A factor's array: `name_get` reads it. */
export interface Stored {
  readonly name: string;
  readonly lines: number;
  readonly depth: number;
  /** Numbers of a line lie side by side, or lines do. */
  readonly contiguous: 'depth' | 'lines';
  /** WGSL for where the batch's matrix begins. */
  readonly start: string;
}

const component = ['x', 'y', 'z', 'w'] as const;

/** Whether a stored factor can be read in vectors of four. */
export const readsVectors = ({ contiguous, lines, depth }: Pick<Stored, 'contiguous' | 'lines' | 'depth'>) =>
  (contiguous === 'depth' ? depth : lines) % 4 === 0;

/** A factor as it lies in memory, with loads of four where its rows are multiples of four. */
export function storedFactor(stored: Stored, sliceDepth: number): Factor {
  const { name, lines, depth, contiguous, start } = stored;
  const vectors = readsVectors(stored);
  const state = `  var ${name}_from: vec4<u32>;`;
  const inside = guard(depth, sliceDepth);
  const along = contiguous === 'depth';
  const [line, step] = along ? [depth, 1] : [1, lines];
  return {
    lines,
    contiguous,
    state,
    // So that a vector of outputs, too, is whole or absent.
    adjacent: lines % 4 === 0,
    turned: vectors && along,
    prepare: `    ${name}_from = ${start} + lines * ${line}u;`,
    load: !vectors ? scalarLoad(name, step, inside) : along ? turnedLoad(name, inside) : straightLoad(name, step, inside), // prettier-ignore
  };
}

/** Statements only for depths that exist. */
export const guard =
  (depth: number, sliceDepth: number) =>
  (k: string, statements: string): string =>
    depth % sliceDepth === 0 ? statements : `if (${k} < ${depth}u) { ${statements} }`;

type Guard = ReturnType<typeof guard>;
type Load = Factor['load'];

/** Four vectors along the depth, turned into vectors across the lines. */
function turnedLoad(name: string, inside: Guard): Load {
  const lines = component.map((c, e) => `let line${e} = ${name}_get((${name}_from.${c} + k) / 4u);`);
  return (pieces) => {
    const turned = pieces.map(
      (piece, j) => `${piece} = vec4(${component.map((_, e) => `line${e}.${component[j]!}`).join(', ')});`,
    );
    return inside('k', [...lines, ...turned].join('\n'));
  };
}

function straightLoad(name: string, step: number, inside: Guard): Load {
  return (pieces) =>
    pieces
      .map((piece, j) =>
        inside(`k + ${j}u`, `${piece} = ${name}_get((${name}_from.x + (k + ${j}u) * ${step}u) / 4u);`),
      ) // prettier-ignore
      .join('\n');
}

function scalarLoad(name: string, step: number, inside: Guard): Load {
  return (pieces) =>
    pieces
      .map((piece, j) => {
        const far = step === 1 ? `k + ${j}u` : `(k + ${j}u) * ${step}u`;
        const numbers = component.map((c) => `${name}_get(${name}_from.${c} + ${far})`).join(', ');
        return inside(`k + ${j}u`, `${piece} = vec4(${numbers});`);
      })
      .join('\n');
}
