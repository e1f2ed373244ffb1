export * from './errors.js';
export type { ArrayData, Fields, LabelledImages } from './arrays.js';
export { arrayData, fromTensor, fromTensorAsync, takeRows, toTensor, toTensors } from './arrays.js';
export type { NamedTree } from './trees.js';
export { namedTree, treeLike, treeNames } from './trees.js';

export type { CastOptions } from './formats/elements.js';
export { gunzip } from './formats/gzip.js';
export { decodeIdx, decodeIdxImages, encodeIdx } from './formats/idx.js';
export type { CsvOptions, CsvTable } from './formats/csv.js';
export { formatCsv, parseCsv } from './formats/csv.js';
export type { CsvNumberOptions } from './formats/csvNumbers.js';
export { csvColumn, csvLabels, csvMatrix } from './formats/csvNumbers.js';
export { decodeNpy, encodeNpy } from './formats/npy.js';
export type { NpzOptions } from './formats/npz.js';
export { decodeNpz, encodeNpz } from './formats/npz.js';
export type { Safetensors } from './formats/safetensors.js';
export { decodeSafetensors, encodeSafetensors } from './formats/safetensors.js';
export type { ImageOptions } from './formats/image.js';
export { decodeImage, encodePng } from './formats/image.js';
export { resizeImage } from './formats/resize.js';
export { unzip, zip } from './formats/zip.js';
export { untar } from './formats/tar.js';

export type { Batch, Batches, BatchOptions, Position } from './batching/batches.js';
export { batches } from './batching/batches.js';
export type { Source } from './batching/source.js';
export { fieldSource } from './batching/source.js';
export { permutation, splitRows } from './batching/permutation.js';
