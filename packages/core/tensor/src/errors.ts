/**
 * Every error that Trellis throws on purpose. `code` is stable and meant for programs; `message` is meant for people
 * and names what was got and what would have been right (contract 2.3).
 */
export class TrellisError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Shapes, ranks or sizes that do not fit together. Code `SHAPE`. */
export class ShapeError extends TrellisError {
  constructor(message: string) {
    super('SHAPE', message);
  }
}

/** A dtype that the operation does not take. Code `DTYPE`. */
export class DTypeError extends TrellisError {
  constructor(message: string) {
    super('DTYPE', message);
  }
}

/** An argument or option whose value makes no sense (NaN rate, negative size, unknown name). Code `ARGUMENT`. */
export class ArgumentError extends TrellisError {
  constructor(message: string) {
    super('ARGUMENT', message);
  }
}

/** An index or axis outside its range. Code `INDEX`. */
export class IndexError extends TrellisError {
  constructor(message: string) {
    super('INDEX', message);
  }
}

/** A tensor used after it was disposed. Code `DISPOSED`. */
export class DisposedError extends TrellisError {
  constructor(message: string) {
    super('DISPOSED', message);
  }
}

/** A traced value used where a concrete one is needed, or outside the transform that made it. Code `TRACE`. */
export class TraceError extends TrellisError {
  constructor(message: string) {
    super('TRACE', message);
  }
}

/** A tree of parameters or arguments that has not the expected structure. Code `TREE`. */
export class TreeError extends TrellisError {
  constructor(message: string) {
    super('TREE', message);
  }
}

/** A backend that is missing, lacks what was asked, or failed. Code `BACKEND`. */
export class BackendError extends TrellisError {
  constructor(message: string, options?: ErrorOptions) {
    super('BACKEND', message, options);
  }
}

/** A backend has no room for what was asked; disposing of tensors can help. Code `BACKEND`. */
export class MemoryError extends BackendError {}

/** A matrix that the decomposition cannot take (singular, not positive definite). Code `LINALG`. */
export class LinalgError extends TrellisError {
  constructor(message: string) {
    super('LINALG', message);
  }
}
