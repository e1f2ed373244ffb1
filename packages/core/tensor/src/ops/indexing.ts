export * from './gathering.js';
export * from './sorting.js';
