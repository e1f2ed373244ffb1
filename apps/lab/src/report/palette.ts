import { html, raw, type Html } from './html.js';

/** Names of the marks, in the plotting library's words; a second sign besides the colour tells trials apart. */
export const symbols = ['circle', 'square2', 'triangle', 'diamond2', 'star', 'cross'] as const;

/** Number of trial colours in the style sheet. */
export const colours = 10;

/** Colour of a trial, by its place in the recipe. */
export function colourOf(index: number): string {
  return `var(--trial-${(index % colours) + 1})`;
}

export function symbolOf(index: number): (typeof symbols)[number] {
  return symbols[index % symbols.length] ?? 'circle';
}

const outlines: Readonly<Record<(typeof symbols)[number], string>> = {
  circle: '<circle r="4"/>',
  square2: '<rect x="-3.6" y="-3.6" width="7.2" height="7.2"/>',
  triangle: '<path d="M0-4.8 4.4 3.2-4.4 3.2Z"/>',
  diamond2: '<path d="M0-5 5 0 0 5-5 0Z"/>',
  star: '<path d="M0-5.4 1.5-1.7 5.2-1.7 2.3.8 3.3 4.4 0 2.3-3.3 4.4-2.3.8-5.2-1.7-1.5-1.7Z"/>',
  cross: '<path d="M-1.6-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z"/>',
};

/** The sign of a trial, beside its name. */
export function chip(index: number): Html {
  return html`<svg
    class="chip"
    viewBox="-7 -7 14 14"
    width="14"
    height="14"
    aria-hidden="true"
    style="fill: ${colourOf(index)}"
  >
    ${raw(outlines[symbolOf(index)])}
  </svg>`;
}
