/* Names of the rules, apart: the manifest needs them, and nothing else of this folder. */

/** How blocks are formed: 'VB' anew at every step, the others once, in blocks of one size. */
export const partitions = ['VB', 'Order', 'Sort', 'Avg', 'Hsort', 'Havg'] as const;
export type PartitionName = (typeof partitions)[number];

/** Which block moves. */
export const selections = [
  'Random',
  'Cyclic',
  'Perm',
  'Lipschitz',
  'GS',
  'GSL',
  'GSD',
  'GSDHb',
  'GSQ',
  'IHT',
  'GSQ-NN',
  'RTree',
  'GSTree',
  'GSLTree',
  'GSDTree',
  'RedBlackTree',
  'TreePartitions',
] as const;
export type SelectionName = (typeof selections)[number];

/** How it moves. */
export const updates = ['Lb', 'Hb', 'LS', 'LA', 'bpExact', 'bpGabp', 'Lb-NN', 'TMP-NN', 'qp-NN'] as const;
export type UpdateName = (typeof updates)[number];
