export { checkPackage } from './node/check-package.js';
export { discover } from './node/discover.js';
export type { DiscoverOptions, Discovered } from './node/discover.js';
export { loadDiscovered } from './node/load.js';
export type { LoadOptions } from './node/load.js';
