/**
 * Random numbers from explicit keys: the same key gives the same numbers on every machine and backend. Threefry-2x32 in
 * JAX's partitionable convention, so keys and bits equal JAX's.
 */
export * as random from './random/index.js';
