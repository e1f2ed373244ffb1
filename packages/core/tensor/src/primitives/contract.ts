import { conv2d } from './conv2d.js';
import { matmul } from './matmul.js';
import { maxPoolIndices } from './pool.js';

export const contractPrimitives = { matmul, conv2d, maxPoolIndices };
