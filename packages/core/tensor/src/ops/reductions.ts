export * from './aggregates.js';
export * from './cumulative.js';
