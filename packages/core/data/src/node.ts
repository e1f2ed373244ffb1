export type { FileSystem, WritableFile, WriteOptions } from './node/atomic.js';
export { writeFileAtomic } from './node/atomic.js';
export { cacheFolder } from './node/cache.js';
export type { Checksums } from './node/checksum.js';
export type { Download, DownloadOptions, DownloadProgress } from './node/download.js';
export { downloadFile } from './node/download.js';
export {
  readCsv,
  readIdx,
  readImage,
  readNpy,
  readNpz,
  readSafetensors,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from './node/files.js';

export type { DigitsOptions } from './node/digits.js';
export { digits } from './node/digits.js';
export type { ImageFolder } from './node/imageFolder.js';
export { imageFolder } from './node/imageFolder.js';
export type { ImageSet, SetFile, SetInfo } from './node/sets/catalogue.js';
export { publicSets } from './node/sets/catalogue.js';
export type { SetOptions } from './node/sets/obtain.js';
export type { MnistOptions } from './node/sets/mnist.js';
export { fashionMnist, mnist } from './node/sets/mnist.js';
export type { Cifar10Options } from './node/sets/cifar10.js';
export { cifar10 } from './node/sets/cifar10.js';
export type { MovielensOptions, Ratings } from './node/sets/movielens.js';
export { movielens } from './node/sets/movielens.js';

export type { JsonObject, JsonValue, StateTree } from './checkpointTree.js';
export type { Checkpoint, LoadedCheckpoint } from './node/checkpoint.js';
export { inspectCheckpoint, loadCheckpoint, saveCheckpoint } from './node/checkpoint.js';
export type { CheckpointFile, CheckpointInfo } from './node/manifest.js';
