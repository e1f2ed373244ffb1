import { SingleBar } from 'cli-progress';
import { visibleWidth } from './table.js';
import type { Terminal } from './terminal.js';

/** A line that is drawn again and again at the bottom of the window. */
export interface LiveLine {
  readonly start: (total: number, done: number) => void;
  readonly update: (done: number) => void;
  readonly stop: () => void;
}

/**
 * A live line that shows what `line` gives, where lines can be redrawn. The library draws at most ten times a second and leaves the
 * cursor as it was; what is drawn is ours.
 */
export function liveLine({ interactive, stream }: Terminal, line: () => string): LiveLine | undefined {
  if (!interactive || stream === undefined) return undefined;
  const bar = new SingleBar({
    stream,
    format: line,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    fps: 10,
    gracefulExit: false,
  });
  return {
    start: (total, done) => bar.start(total, done),
    update: (done) => bar.update(done),
    stop: () => bar.stop(),
  };
}

/** `before  ━━━━━━━───  after`, with a bar of what room is left, from 4 to 30 wide. */
export function barText(
  share: number,
  before: string,
  after: string,
  { style, columns }: Pick<Terminal, 'columns' | 'style'>,
): string {
  const room = columns - 1 - visibleWidth(before) - visibleWidth(after);
  const width = Math.max(4, Math.min(30, room));
  const full = Math.round(Math.min(1, share) * width);
  return `${before}${style('cyan', '━'.repeat(full))}${style('dim', '─'.repeat(width - full))}${after}`;
}
