/** The ```ts blocks of a Markdown text, each with the number of its first line. */
export function tsBlocks(markdown) {
  const blocks = [];
  let open;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    if (open === undefined) {
      if (/^```\S*/.test(line)) open = { kind: line.slice(3).trim(), line: index + 2, lines: [] };
    } else if (line.startsWith('```')) {
      if (open.kind === 'ts') blocks.push({ line: open.line, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  return blocks;
}
