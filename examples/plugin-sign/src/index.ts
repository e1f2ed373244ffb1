export { signum } from './signum.js';
export type { SignumOptions, SignumState } from './signum.js';
