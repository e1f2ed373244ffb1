import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where downloads and prepared data sets are kept: `TRELLIS_CACHE` if set, else `trellis` in the platform's folder
 * for caches (`XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS; `%LOCALAPPDATA%` on Windows).
 * Everything in it can be deleted and will be made again.
 */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): string {
  if (environment.TRELLIS_CACHE) return environment.TRELLIS_CACHE;
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'trellis');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'trellis');
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'trellis', 'Cache');
  }
  return join(homedir(), '.cache', 'trellis');
}
