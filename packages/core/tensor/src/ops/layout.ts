export * from './shaping.js';
export * from './joining.js';
export * from './slicing.js';
export * from './diagonals.js';
