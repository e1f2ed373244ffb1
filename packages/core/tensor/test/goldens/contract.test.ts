import * as t from '../../src/index.js';
import { testGoldens } from './support.js';

testGoldens('contract', {
  operations: {
    matmul: ({ a, b }) => t.matmul(a!, b!),
    outer: ({ a, b }) => t.outer(a!, b!),
    dot: ({ a, b }) => t.dot(a!, b!),
    // The operands are named x0, x1, … in order.
    einsum: (args, o) => t.einsum(o.string('spec'), ...Object.values(args)),
  },
});
