import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from '../../src/node.js';

test('the cache folder: our variable, then the platform’s way', () => {
  expect(cacheFolder({ TRELLIS_CACHE: '/x', XDG_CACHE_HOME: '/y' }, 'linux')).toBe('/x');
  expect(cacheFolder({ XDG_CACHE_HOME: '/y' }, 'linux')).toBe(join('/y', 'trellis'));
  expect(cacheFolder({}, 'linux')).toBe(join(homedir(), '.cache', 'trellis'));
  expect(cacheFolder({ TRELLIS_CACHE: '' }, 'darwin')).toBe(join(homedir(), 'Library', 'Caches', 'trellis'));
  expect(cacheFolder({ LOCALAPPDATA: '/z' }, 'win32')).toBe(join('/z', 'trellis', 'Cache'));
});
