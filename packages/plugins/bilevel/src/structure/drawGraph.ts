import type { Tensor } from '@core/tensor';
import { compareEdges, type EdgeComparison } from './accuracy.js';
import { orderFromWeights, type Order } from './orders.js';

/* Colours that people with any colour vision tell apart (Okabe and Ito), on light and dark pages. */
const styles = {
  correct: { colour: '#8a939c', words: 'found' },
  missing: { colour: '#e69f00', words: 'missing' },
  extra: { colour: '#d55e00', words: 'extra' },
  reversed: { colour: '#0072b2', words: 'reversed' },
} as const satisfies Record<keyof EdgeComparison, { colour: string; words: string }>;

const kinds = ['correct', 'missing', 'extra', 'reversed'] as const;
const text = '#6b747d';
const side = 520;

/** Nodes up to which a graph is drawn as such; beyond, its adjacency matrix is easier to read. */
const mostDrawn = 30;

/**
 * A found DAG against the true one as an svg: edges that are there, missing, extra and reversed (as found), each in its colour. Nodes stand
 * in the true graph's order: clockwise from the top around a circle, or along the rows and columns of a matrix where they are many.
 */
export function drawGraph(truth: Tensor, found: Tensor): string {
  const edges = compareEdges(truth, found);
  const order = orderFromWeights(truth);
  const body = order.length <= mostDrawn ? circle(order, edges) : matrix(order, edges);
  const legend = kinds.map((kind, i) => {
    const [x, y] = [24 + i * 124, side + 24];
    const { colour, words } = styles[kind];
    const line = `<path d="M${x} ${y}h22" stroke="${colour}" stroke-width="4"${kind === 'missing' ? ' stroke-dasharray="6 4"' : ''}/>`;
    return `${line}<text x="${x + 28}" y="${y + 5}" fill="${text}" font-size="14">${edges[kind].length} ${words}</text>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side + 44}" font-family="system-ui, sans-serif" fill="none">` +
    `${body}${legend.join('')}</svg>`
  );
}

type Point = readonly [x: number, y: number];

const fixed = (value: number): string => String(Math.round(value * 10) / 10);

function circle(order: Order, edges: EdgeComparison): string {
  const [middle, radius, size] = [side / 2, side / 2 - 30, order.length > 20 ? 9 : 12];
  const places = new Map<number, Point>(
    order.map((node, at) => {
      const angle = (2 * Math.PI * at) / order.length - Math.PI / 2;
      return [node, [middle + radius * Math.cos(angle), middle + radius * Math.sin(angle)]];
    }),
  );
  const place = (node: number): Point => places.get(node) ?? [middle, middle];
  const arrow = ([from, to]: readonly [number, number], kind: (typeof kinds)[number]): string => {
    const [[ax, ay], [bx, by]] = [place(from), place(to)];
    // Bent towards the middle, so that an edge does not pass over the nodes between its ends.
    const [cx, cy] = [(ax + bx) / 4 + middle / 2, (ay + by) / 4 + middle / 2];
    const length = Math.hypot(bx - cx, by - cy) || 1;
    const [ux, uy] = [(bx - cx) / length, (by - cy) / length];
    const [tx, ty] = [bx - ux * size, by - uy * size];
    const [hx, hy] = [tx - ux * 9, ty - uy * 9];
    const { colour } = styles[kind];
    const [width, dashes] = [
      kind === 'correct' ? 1.2 : 2.2,
      kind === 'missing' ? ' stroke-dasharray="6 4"' : '',
    ];
    return (
      `<path d="M${fixed(ax)} ${fixed(ay)}Q${fixed(cx)} ${fixed(cy)} ${fixed(hx)} ${fixed(hy)}" stroke="${colour}" stroke-width="${width}"${dashes}/>` +
      `<path d="M${fixed(tx)} ${fixed(ty)}L${fixed(hx - uy * 4)} ${fixed(hy + ux * 4)}L${fixed(hx + uy * 4)} ${fixed(hy - ux * 4)}Z" fill="${colour}"/>`
    );
  };
  const nodes = order.map((node) => {
    const [x, y] = place(node);
    return (
      `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="${size}" fill="#fff" stroke="${text}" stroke-width="1.5"/>` +
      `<text x="${fixed(x)}" y="${fixed(y + 4)}" fill="#333" font-size="${size}" text-anchor="middle">${node}</text>`
    );
  });
  return kinds.flatMap((kind) => edges[kind].map((edge) => arrow(edge, kind))).join('') + nodes.join('');
}

function matrix(order: Order, edges: EdgeComparison): string {
  const [start, extent] = [40, side - 60];
  const cell = extent / order.length;
  const position = new Map(order.map((node, at) => [node, at]));
  const at = (node: number): number => start + (position.get(node) ?? 0) * cell;
  const mark = ([from, to]: readonly [number, number], kind: (typeof kinds)[number]): string =>
    `<rect x="${fixed(at(to))}" y="${fixed(at(from))}" width="${fixed(cell)}" height="${fixed(cell)}" fill="${styles[kind].colour}"/>`;
  const end = start + extent;
  return (
    `<rect x="${start}" y="${start}" width="${extent}" height="${extent}" stroke="${text}"/>` +
    `<path d="M${start} ${start}L${end} ${end}" stroke="${text}" stroke-dasharray="2 4"/>` +
    `<text x="${side / 2}" y="28" fill="${text}" font-size="14" text-anchor="middle">to, in the true order</text>` +
    `<text x="28" y="${side / 2}" fill="${text}" font-size="14" text-anchor="middle" transform="rotate(-90 28 ${side / 2})">from</text>` +
    kinds.flatMap((kind) => edges[kind].map((edge) => mark(edge, kind))).join('')
  );
}
