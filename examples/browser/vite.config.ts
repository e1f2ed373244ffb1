import { defaultClientConditions, defineConfig } from 'vite';
import { digitsFile } from './build/digitsFile.js';

export default defineConfig({
  root: import.meta.dirname,
  // The page may lie in any folder of a server.
  base: './',
  plugins: [digitsFile({ train: 3000, test: 1000 })],
  // In this repository packages are read from their sources; installed ones have no such condition.
  resolve: { conditions: ['@trellis/source', ...defaultClientConditions] },
  build: { target: 'es2022', chunkSizeWarningLimit: 2000 },
});
