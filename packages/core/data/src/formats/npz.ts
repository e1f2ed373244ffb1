import { ArgumentError } from '@core/tensor';
import type { ArrayData } from '../arrays.js';
import { checkArrayData } from '../arrays.js';
import type { OptionNames } from '../checks.js';
import { checkBytes, checkNamed, checkOptions } from '../checks.js';
import { FormatError } from '../errors.js';
import type { CastOptions } from './elements.js';
import { castOptionNames } from './elements.js';
import { decodeNpyAs, encodeNpy } from './npy.js';
import { unzip, zip } from './zip.js';

/** Options of `decodeNpz`: one cast for all arrays, and which arrays to read. */
export interface NpzOptions extends CastOptions {
  /** Names of the arrays to read; the others are not even unpacked. Default: all. */
  readonly only?: readonly string[];
}

export const npzOptionNames: OptionNames<NpzOptions> = { ...castOptionNames, only: true };

/**
 * Reads a NumPy `.npz` archive (stored or compressed): the arrays by name. Element types as in `decodeNpy`.
 * Throws FormatError as `decodeNpy` and `unzip`, and ArgumentError for a name in `only` that is not in the archive.
 */
export function decodeNpz(bytes: Uint8Array, options: NpzOptions = {}): Record<string, ArrayData> {
  checkBytes('decodeNpz', bytes);
  checkOptions('decodeNpz', options, npzOptionNames);
  const { only, ...cast } = options;
  const members = unzip(bytes, (file) => only === undefined || only.includes(arrayName(file)));
  const entries = Array.from(members, ([file, content]): [string, ArrayData] => {
    if (!file.endsWith('.npy')) {
      throw new FormatError('FORMAT_HEADER', `NPZ: the member ${file} is not a .npy array`);
    }
    return [arrayName(file), decodeNpyAs(`NPZ: ${arrayName(file)}`, content, cast)];
  });
  const missing = only?.find((name) => !entries.some(([found]) => found === name));
  if (missing !== undefined) {
    const all = [...unzip(bytes).keys()].map(arrayName);
    throw new ArgumentError(
      `decodeNpz: no array named '${missing}'; the archive has ${all.join(', ') || 'none'}`,
    );
  }
  return Object.fromEntries(entries);
}

function arrayName(file: string): string {
  return file.endsWith('.npy') ? file.slice(0, -4) : file;
}

/**
 * Writes a `.npz` archive that `numpy.load` reads. `compress` (default false) deflates the members.
 * The same arrays give the same bytes. Throws ArgumentError for an empty name.
 */
export function encodeNpz(
  arrays: { readonly [name: string]: ArrayData },
  options: { readonly compress?: boolean } = {},
): Uint8Array {
  checkNamed('encodeNpz', 'arrays', arrays);
  checkOptions('encodeNpz', options, { compress: true });
  const members = new Map<string, Uint8Array>();
  for (const [name, array] of Object.entries(arrays)) {
    if (name === '' || name.endsWith('/'))
      throw new ArgumentError(`encodeNpz: '${name}' cannot name an array`);
    checkArrayData(`encodeNpz: ${name}`, array);
    members.set(`${name}.npy`, encodeNpy(array));
  }
  return zip(members, options.compress === true);
}
