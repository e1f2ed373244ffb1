import type { Point } from './objectives.js';

/** Units for a pixel, so that coordinates are whole numbers and short. */
export const unit = 10;

/*
 * Colours for light and for dark pages, each on paper of its own: a page may be dark where the reader's system is light. No
 * variables, which not every viewer of SVG knows.
 */
const rules = ([paper, ink, soft, level, path]: readonly string[]): string =>
  `.paper,.ring{fill:${paper}}.ink{fill:${ink}}.soft{fill:${soft}}.level{fill:${level}}.edge{stroke:${soft}}` +
  `.path,.ring{stroke:${path}}.dot{fill:${path}}.least{stroke:${ink}}`;
const light = rules(['#fff', '#1f2328', '#59636e', '#0969da', '#bc4c00']);
const dark = rules(['#0d1117', '#f0f6fc', '#9198a1', '#4493f8', '#ffa657']);

export const colours = `<style>${light}@media(prefers-color-scheme:dark){${dark}}</style>`;

/** A line through points with whole coordinates, each relative to the one before. */
export function lineThrough(points: readonly Point[]): string {
  let [px, py] = [0, 0];
  return points
    .map(([x, y], i) => {
      const [dx, dy] = [x - px, y - py];
      [px, py] = [x, y];
      return `${i === 0 ? 'M' : i === 1 ? 'l' : dx < 0 ? '' : ' '}${dx}${dy < 0 ? '' : ' '}${dy}`;
    })
    .join('');
}

export function circle([x, y]: Point, radius: number, name: string, more = ''): string {
  return `<circle cx="${x}" cy="${y}" r="${Math.round(radius)}" class="${name}"${more}/>`;
}

export function cross([x, y]: Point, arm: number): string {
  const line = `M${x - arm} ${y - arm}l${2 * arm} ${2 * arm}m0-${2 * arm}l-${2 * arm} ${2 * arm}`;
  return `<path d="${line}" class="least" stroke-width="${1.4 * unit}"/>`;
}

export function words(content: string, name: string, place: string): string {
  return `<text ${place} class="${name}">${escaped(content)}</text>`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
