/** Reads the reference values that `make.py` wrote; ../README.md describes the files. */
import { readFileSync } from 'node:fs';
import { type GoldenArray } from './array.js';
import { decodeArray, decodeNumber, type RawArray, type RawNumber } from './decode.js';

export type { GoldenArray, GoldenData, GoldenDType } from './array.js';
export { mismatch } from './compare.js';

const SUBJECTS = [
  'elementwise',
  'reduce',
  'indexing',
  'contract',
  'conv',
  'linalg',
  'nn',
  'optim',
  'matrices',
  'optim_elementwise',
  'random',
  'spd',
  'spd_training',
  'bilevel',
  'probing',
  'structure',
  'pruning',
] as const;

export type GoldenSubject = (typeof SUBJECTS)[number];

/** An option of the operation: numbers, with NaN and infinities decoded, and nested lists of them. */
export type GoldenOption = number | string | boolean | null | readonly GoldenOption[];

export interface GoldenCase {
  /** The operation, by its name in Trellis where it has one. */
  readonly op: string;
  /** Unique within the subject; fit for a test's title. */
  readonly name: string;
  readonly args: Readonly<Record<string, GoldenArray>>;
  readonly options: Readonly<Record<string, GoldenOption>>;
  readonly expected: Readonly<Record<string, GoldenArray>>;
  /** Which library, formula or paper the values come from, with its version. */
  readonly source: string;
  /** |got - want| <= tolerance * max(|want|, scale); see `mismatch`. */
  readonly tolerance: number;
  /** `max`: the greatest finite |want| of the array (errors relative to the whole array, not entry by entry). */
  readonly scale: number | 'max';
  /** Whether 0 and -0 differ. */
  readonly signedZero: boolean;
  readonly note?: string;
}

interface RawCase {
  op: string;
  name?: string;
  args: Record<string, RawArray | { ref: string }>;
  options: Record<string, GoldenOption>;
  expected: Record<string, RawArray>;
  source: string;
  tolerance?: number;
  scale?: number | 'max';
  signedZero?: boolean;
  note?: string;
}

interface RawFile {
  tolerance: Record<'float64' | 'float32', number>;
  scale: number | 'max';
  shared: Record<string, RawArray>;
  cases: RawCase[];
}

/** Every case of one subject, in the file's order, with defaults filled in. */
export function loadGoldens(subject: GoldenSubject): readonly GoldenCase[] {
  const path = new URL(`../values/${subject}.json`, import.meta.url);
  // The files are written by make.py in exactly this form, and the loader's tests read all of them.
  const file = JSON.parse(readFileSync(path, 'utf8')) as RawFile;
  const shared = mapValues(file.shared, decodeArray);
  const seen = new Map<string, number>();
  return file.cases.map((raw) => decodeCase(raw, file, shared, seen));
}

/** The names `loadGoldens` takes. */
export function goldenSubjects(): readonly GoldenSubject[] {
  return SUBJECTS;
}

function decodeCase(
  raw: RawCase,
  file: RawFile,
  shared: Record<string, GoldenArray>,
  seen: Map<string, number>,
): GoldenCase {
  const args = mapValues(raw.args, (x) => ('ref' in x ? resolve(shared, x.ref) : decodeArray(x)));
  const expected = mapValues(raw.expected, decodeArray);
  const narrow = [...Object.values(args), ...Object.values(expected)].some((x) => x.dtype === 'float32');
  return {
    op: raw.op,
    name: unique(raw.name ?? raw.op, seen),
    args,
    options: mapValues(raw.options, decodeOption),
    expected,
    source: raw.source,
    tolerance: raw.tolerance ?? file.tolerance[narrow ? 'float32' : 'float64'],
    scale: raw.scale ?? file.scale,
    signedZero: raw.signedZero ?? false,
    ...(raw.note === undefined ? {} : { note: raw.note }),
  };
}

function resolve(shared: Record<string, GoldenArray>, key: string): GoldenArray {
  const found = shared[key];
  if (!found) throw new Error(`goldens: no shared array ${key}; have ${Object.keys(shared).join(', ')}`);
  return found;
}

function unique(name: string, seen: Map<string, number>): string {
  const n = (seen.get(name) ?? 0) + 1;
  seen.set(name, n);
  return n === 1 ? name : `${name} (${n})`;
}

function decodeOption(v: GoldenOption): GoldenOption {
  if (v === 'NaN' || v === 'Infinity' || v === '-Infinity') return decodeNumber(v satisfies RawNumber);
  return Array.isArray(v) ? v.map(decodeOption) : v;
}

function mapValues<A, B>(o: Readonly<Record<string, A>>, f: (v: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(o).map(([k, v]) => [k, f(v)]));
}
