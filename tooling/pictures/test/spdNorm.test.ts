import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { spdNormPictures } from '../src/spdNorm.js';

const home = new URL('../../../packages/plugins/spd-norm/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, home), 'utf8');

it('the pictures of spd-norm are what pnpm pictures would write, small, and in its pages', async () => {
  const page = read('docs/geometry.md');
  for (const [path, content] of await spdNormPictures()) {
    expect(read(path), path).toBe(content);
    expect(content.length).toBeLessThan(20_000);
    expect(page).toContain(`](${path.replace('docs/', '')})`);
  }
});
