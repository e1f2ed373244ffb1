import { expect, it } from 'vitest';
import { hasBlock, table, withBlock } from '../src/blocks.js';

const text = 'before\n\n<!-- made by pnpm pictures: a -->\nold\n<!-- end -->\n\nafter\n';

it('exchanges what stands between two marks, in prettier’s layout', async () => {
  const next = await withBlock(text, 'a', table(['x', 'longer'], [['1', 'a|b']]));
  expect(next).toBe(
    'before\n\n<!-- made by pnpm pictures: a -->\n\n| x   | longer |\n| --- | ------ |\n| 1   | a\\|b   |\n\n<!-- end -->\n\nafter\n',
  );
  expect(await withBlock(next, 'a', 'old')).toBe(text.replace('old', '\nold\n'));
});

it('says which mark is missing', async () => {
  expect(hasBlock(text, 'a')).toBe(true);
  expect(hasBlock(text, 'b')).toBe(false);
  await expect(withBlock(text, 'b', '')).rejects.toThrow(
    'no <!-- made by pnpm pictures: b --> … <!-- end -->',
  );
  await expect(withBlock('<!-- made by pnpm pictures: a -->', 'a', '')).rejects.toThrow('no <!-- made');
});
