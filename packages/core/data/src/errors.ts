import { TrellisError } from '@core/tensor';

export type FormatCode =
  | 'FORMAT_MAGIC'
  | 'FORMAT_HEADER'
  | 'FORMAT_TRUNCATED'
  | 'FORMAT_SIZE'
  | 'FORMAT_DTYPE'
  | 'FORMAT_VALUE'
  | 'FORMAT_CHECKSUM'
  | 'FORMAT_UNSUPPORTED';

/**
 * A file or byte buffer that is not what its format demands.
 *
 * Codes: `FORMAT_MAGIC` (another kind of file), `FORMAT_HEADER` (a header that contradicts itself or the specification),
 * `FORMAT_TRUNCATED` (fewer bytes than the header promises), `FORMAT_SIZE` (more bytes, or sizes that do not agree),
 * `FORMAT_DTYPE` (an element type that no dtype holds without being asked), `FORMAT_VALUE` (an element that the asked
 * dtype cannot hold), `FORMAT_CHECKSUM` (bytes were changed), `FORMAT_UNSUPPORTED` (valid, but a feature we do not read).
 */
export class FormatError extends TrellisError {
  declare readonly code: FormatCode | CsvCode;

  constructor(code: FormatCode | CsvCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }

  /** The same error with the file's path in front of its message. */
  inFile(path: string): FormatError {
    return new FormatError(this.code, `${path}: ${this.message}`, { cause: this });
  }
}

export type CsvCode = 'CSV_SYNTAX' | 'CSV_RAGGED' | 'CSV_VALUE' | 'CSV_COLUMN';

/** Where in a CSV text something is wrong: 1-based line and field of that line. */
export interface CsvPlace {
  readonly line: number;
  readonly column: number;
}

/**
 * A CSV text that cannot be read. Codes: `CSV_SYNTAX` (quoting), `CSV_RAGGED` (a row with another number of fields),
 * `CSV_VALUE` (a cell that is not the wanted number), `CSV_COLUMN` (no such column).
 */
export class CsvError extends FormatError {
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(code: CsvCode, message: string, place?: CsvPlace, options?: ErrorOptions) {
    super(code, message, options);
    this.line = place?.line;
    this.column = place?.column;
  }

  override inFile(path: string): CsvError {
    const place =
      this.line === undefined || this.column === undefined
        ? undefined
        : { line: this.line, column: this.column };
    // The code of a CsvError is always one of CsvCode: the constructor takes no other.
    return new CsvError(this.code as CsvCode, `${path}: ${this.message}`, place, { cause: this });
  }
}

export type DownloadCode =
  'DOWNLOAD_STATUS' | 'DOWNLOAD_NETWORK' | 'DOWNLOAD_CHECKSUM' | 'DOWNLOAD_SIZE' | 'DOWNLOAD_OFFLINE';

/** A file that could not be fetched. `DOWNLOAD_OFFLINE` means that it is not in the cache and fetching was forbidden. */
export class DownloadError extends TrellisError {
  declare readonly code: DownloadCode;

  constructor(code: DownloadCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

export type DataSetCode = 'DATASET_MISSING' | 'DATASET_INVALID';

/** A data set whose files are missing (`DATASET_MISSING`) or do not fit together (`DATASET_INVALID`). */
export class DataSetError extends TrellisError {
  declare readonly code: DataSetCode;

  constructor(code: DataSetCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

export type CheckpointCode =
  'CHECKPOINT_MISSING' | 'CHECKPOINT_CORRUPT' | 'CHECKPOINT_VERSION' | 'CHECKPOINT_MISMATCH';

/**
 * A checkpoint that cannot be used: not there, damaged or torn, written by a newer version, or of another model
 * than the one asked for.
 */
export class CheckpointError extends TrellisError {
  declare readonly code: CheckpointCode;

  constructor(code: CheckpointCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

export type StorageCode = 'DISK_FULL' | 'WRITE_FAILED' | 'READ_FAILED' | 'LOCK_TIMEOUT';

/** The file system refused. `DISK_FULL` also stands for a quota or a file-size limit. What was there before is intact. */
export class StorageError extends TrellisError {
  declare readonly code: StorageCode;

  constructor(code: StorageCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}
