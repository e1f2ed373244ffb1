import { format } from 'prettier';

/** The lines that begin and end what is written by a program. */
const opening = (name: string): string => `<!-- made by pnpm pictures: ${name} -->`;
const CLOSING = '<!-- end -->';

export function hasBlock(text: string, name: string): boolean {
  return text.includes(opening(name));
}

/**
 * A Markdown text with other lines between the mark `<!-- made by pnpm pictures: name -->` and the next `<!-- end -->`, set as
 * prettier sets them.
 *
 * @throws Error where a mark is missing
 */
export async function withBlock(text: string, name: string, content: string): Promise<string> {
  const from = text.indexOf(opening(name));
  const to = text.indexOf(CLOSING, from);
  if (from < 0 || to < 0) throw new Error(`no ${opening(name)} … ${CLOSING} in the text`);
  const set = await format(content, { parser: 'markdown', printWidth: 110 });
  return `${text.slice(0, from)}${opening(name)}\n\n${set}\n${text.slice(to)}`;
}

/** A Markdown table; prettier aligns it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
