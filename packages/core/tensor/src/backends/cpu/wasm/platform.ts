/*
 * The platform's WebAssembly: the compiler's libraries declare it for browsers only.
 */

/** As `buffer` grows it is replaced by a longer one. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Compiled code; can be sent to other threads. */
export type WasmModule = object;

interface Platform {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly validate: (bytes: Uint8Array<ArrayBuffer>) => boolean;
}

export const platform = (globalThis as unknown as { readonly WebAssembly: Platform }).WebAssembly;
