import {
  ArgumentError,
  ShapeError,
  Tensor,
  TreeError,
  full,
  isFloat,
  random,
  stopGradient,
  tree,
  zeros,
} from '@core/tensor';
import type { Tree } from '@core/tensor';
import { positiveInteger, show } from './check.js';
import { requireKey } from './dropout.js';
import { fanInUniform } from './initializers.js';
import type { Layer } from './layer.js';
import type { LinearParams, LoraAdapter } from './linear.js';

/*
 * Low-rank adaptation (Hu et al. 2021, arXiv:2106.09685): a trained weight W stays as it is, and W + (α/r) B·A takes its
 * place, of which only A [r, in] and B [out, r] are learned.
 */

/** The linear layers that get an adapter, by the dotted path of the layer (`attention.query`) and its weight. */
export type LoraSites = (path: string, weight: Tensor) => boolean;

export interface LoraAdaptersOptions {
  /** r, from 1 to the weight's smaller size. Default 8. */
  readonly rank?: number;
  /** Default those called `query` or `value`, as the paper's experiments have it. */
  readonly where?: LoraSites;
}

export interface LoraScaleOptions {
  /** α: adapters count α/r, so that another rank needs no other learning rate. Default r, a factor of 1. */
  readonly alpha?: number | Tensor;
}

/** One step's dropout of what adapters see; for evaluation leave both out. */
export interface LoraDropoutOptions {
  /**
   * Share of A's inputs that are set to 0, with the others scaled by 1/(1 - share). Each adapter draws its own; the layer's own
   * weight sees everything. In [0, 1). Default 0, as in loralib (`lora_dropout`).
   */
  readonly dropout?: number;
  /** Random key, a new one for every step. Required with dropout above 0. */
  readonly key?: Tensor;
}

/** Options of `lora`, whose dropout is active in training only, with the key that `apply` is given. */
export type LoraOptions = LoraAdaptersOptions & LoraScaleOptions & Pick<LoraDropoutOptions, 'dropout'>;

/** A layer's own parameters, which stay, and the adapters, which learn: a tree with `{ A, B }` at the layers' paths. */
export type LoraParams<P extends Tree = Tree> = { base: P; adapters: Tree };

const queryAndValue: LoraSites = (path) => /(^|\.)(query|value)$/.test(path);

/**
 * Fresh adapters for a tree of parameters: A starts at U(±1/√in), B at 0, so that nothing changes at first (and the first
 * gradient with respect to A is 0). They have the weights' dtypes.
 *
 * Sites are objects with a `weight` of two axes [out, in], such as those of `dense`, attention and `embedding`.
 * Source: Hu et al. 2021, section 4.1; A's scale is loralib's and PEFT's (Kaiming uniform with a = √5).
 *
 * @returns the parameters' structure, thinned out: `{ attention: { query: { A, B }, value: { A, B } } }`
 * @throws ArgumentError for a rank that is not below the sizes, or where `where` chooses nothing
 */
export function loraAdapters(key: Tensor, params: Tree, options: LoraAdaptersOptions = {}): Tree {
  const { rank = 8, where = queryAndValue } = options;
  positiveInteger('loraAdapters', 'rank', rank);
  const sites = linearSites(params);
  const chosen = sites.filter(({ path, weight }) => where(path, weight));
  if (chosen.length === 0) {
    const places = sites.map(({ path }) => (path === '' ? "'' (the root)" : path)).join(', ');
    throw new ArgumentError(
      `loraAdapters: where chooses no layer; there are ${places === '' ? 'none with a weight [out, in]' : places}`,
    );
  }
  const made: Branch = {};
  random.split(key, chosen.length).forEach((drawn, i) => {
    const { path, weight } = chosen[i]!;
    const [out, inputs] = weight.shape as [number, number];
    if (rank > Math.min(out, inputs))
      throw new ArgumentError(
        `loraAdapters: rank ${rank} is more than the weight ${show(weight.shape)} at '${path}' can have`,
      );
    place(made, path, {
      A: fanInUniform(drawn, [rank, inputs], { dtype: weight.dtype }),
      B: zeros([out, rank], { dtype: weight.dtype }),
    });
  });
  return made;
}

/**
 * Parameters whose layers compute with their adapters: `linear`, and so every layer made of it, adds x·Aᵀ·Bᵀ, at a cost of
 * r (in + out) for each row instead of in · out. Differentiate with respect to `adapters` to train nothing else.
 *
 * With dropout the adapters see drop(x): x·Wᵀ + drop(x)·Aᵀ·Bᵀ, whose mean over keys is what evaluation computes. Embeddings,
 * whose inputs are ids, have none, as in loralib.
 *
 * @throws TreeError where an adapter has no layer; ShapeError where it does not fit; ArgumentError for alpha, dropout, or
 *   dropout without a key
 */
export function withAdapters<P extends Tree>(
  params: P,
  adapters: Tree,
  options: LoraScaleOptions & LoraDropoutOptions = {},
): P {
  const { dropout = 0 } = options;
  checkDropout('withAdapters', dropout);
  const key = dropout === 0 ? undefined : options.key;
  if (dropout > 0 && key === undefined)
    throw new ArgumentError(
      'withAdapters: dropout needs a random key, a new one for every step; for evaluation leave both out',
    );
  return atSites('withAdapters', params, adapters, options, (layer, { A, B }, { scale, index }) => ({
    ...layer,
    adapter: {
      A,
      // The factor goes to B, which is small.
      B: B.mul(scale),
      ...(key === undefined
        ? {}
        : { dropout: { key: random.foldIn(key, index), keep: full([], 1 - dropout, { dtype: A.dtype }) } }),
    },
  }));
}

/** W + (α/r) B·A in place of W: as fast as without adapters. @throws as `withAdapters` */
export function mergeAdapters<P extends Tree>(params: P, adapters: Tree, options: LoraScaleOptions = {}): P {
  return atSites('mergeAdapters', params, adapters, options, (layer, { A, B }, { scale }) => ({
    ...layer,
    weight: layer.weight.add(B.matmul(A).mul(scale)),
  }));
}

/** Takes `mergeAdapters` back, up to rounding. @throws as `withAdapters` */
export function unmergeAdapters<P extends Tree>(
  params: P,
  adapters: Tree,
  options: LoraScaleOptions = {},
): P {
  return atSites('unmergeAdapters', params, adapters, options, (layer, { A, B }, { scale }) => ({
    ...layer,
    weight: layer.weight.sub(B.matmul(A).mul(scale)),
  }));
}

/**
 * A layer with adapters. Its own parameters are `base`, whose gradient is 0; only `adapters` learn. To start from trained
 * parameters: `{ ...lora(layer).init(key, shape).params, base: trained }`.
 *
 * Decay would still move `base`; `isAdapter` tells optimizers what to leave alone.
 *
 * @throws ArgumentError for dropout; from `init` as `loraAdapters`; from `apply` in training with dropout and no key
 */
export function lora<P extends Tree, S extends Tree>(
  layer: Layer<P, S>,
  options: LoraOptions = {},
): Layer<LoraParams<P>, S> {
  const { alpha, dropout = 0, ...adapters } = options;
  checkDropout('lora', dropout);
  return {
    init(key, inputShape, settings) {
      const [own, drawn] = random.split(key);
      const made = layer.init(own, inputShape, settings);
      return { ...made, params: { base: made.params, adapters: loraAdapters(drawn, made.params, adapters) } };
    },
    apply(params, state, x, settings) {
      if (!isBranch(params.base) || !isBranch(params.adapters))
        throw new ArgumentError('lora: parameters are { base, adapters }, as init returns them');
      const base = tree.map(stopGradient, params.base) as P; // tree.map keeps the structure
      const scale = alpha === undefined ? {} : { alpha };
      if (dropout === 0 || settings?.train !== true)
        return layer.apply(withAdapters(base, params.adapters, scale), state, x, settings);
      const [own, inner] = random.split(requireKey('lora', settings.key));
      const dropping = withAdapters(base, params.adapters, { ...scale, dropout, key: own });
      return layer.apply(dropping, state, x, { ...settings, key: inner });
    },
  };
}

/**
 * Whether a leaf of `lora`'s parameters, however deep in a network, belongs to an adapter. What optimizers take as a mask,
 * or to tell groups apart: `(path) => (isAdapter(path) ? 'adapters' : 'frozen')`.
 */
export function isAdapter(path: string): boolean {
  return path.split('.').slice(0, -1).includes('adapters');
}

interface Site {
  readonly path: string;
  readonly weight: Tensor;
}

interface Branch {
  [key: string]: Tree;
}

function isBranch(part: Tree | undefined): part is Branch {
  return typeof part === 'object' && !(part instanceof Tensor);
}

const under = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** Places of weights [out, in], in the tree's order. */
function linearSites(part: Tree, path = ''): Site[] {
  if (!isBranch(part)) return [];
  const { weight } = part;
  if (weight instanceof Tensor && weight.ndim === 2 && isFloat(weight.dtype)) return [{ path, weight }];
  return Object.keys(part)
    .sort()
    .flatMap((key) => linearSites(part[key]!, under(path, key)));
}

function place(root: Branch, path: string, adapter: LoraAdapter): void {
  if (path === '') {
    Object.assign(root, adapter);
    return;
  }
  const names = path.split('.');
  let at = root;
  for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Branch; // only branches were put there
  at[names.at(-1)!] = adapter;
}

/** What else a change of a layer knows: α/r, and which of the adapters this is, in the tree's order. */
interface At {
  readonly scale: number | Tensor;
  readonly index: number;
}
type Change = (layer: LinearParams, adapter: LoraAdapter, at: At) => LinearParams;

function checkDropout(owner: string, dropout: number): void {
  if (dropout >= 0 && dropout < 1) return;
  throw new ArgumentError(`${owner}: dropout must be at least 0 and below 1, got ${String(dropout)}`);
}

/** Exchanges the layers that have an adapter; everything else stays. */
function atSites<P extends Tree>(
  owner: string,
  params: P,
  adapters: Tree,
  { alpha }: LoraScaleOptions,
  change: Change,
): P {
  const known =
    alpha === undefined ||
    (alpha instanceof Tensor ? alpha.ndim === 0 && isFloat(alpha.dtype) : Number.isFinite(alpha));
  if (!known)
    throw new ArgumentError(
      `${owner}: alpha must be a finite number or a scalar float tensor, got ${alpha instanceof Tensor ? `${alpha.dtype}${show(alpha.shape)}` : String(alpha)}`,
    );
  let count = 0;
  const visit = (part: Tree | undefined, given: Tree, path: string): Tree => {
    const where = path === '' ? 'the root' : path;
    if (!isBranch(given))
      throw new TreeError(`${owner}: at ${where} there must be an adapter { A, B } or further names`);
    if (!isBranch(part)) throw new TreeError(`${owner}: there is an adapter at ${where}, but no such layer`);
    if (given['A'] instanceof Tensor && given['B'] instanceof Tensor) {
      const { A, B } = given as LoraAdapter; // just looked at
      checkFit(owner, where, part['weight'], A, B);
      const rank = A.shape[0]!;
      const scale =
        alpha === undefined ? 1 : typeof alpha === 'number' ? alpha / rank : alpha.cast(A.dtype).div(rank);
      return change(part as LinearParams, { A, B }, { scale, index: count++ }); // has a weight of two axes
    }
    const next: Branch = Array.isArray(part)
      ? // a list is a branch by its numbers
        (Array.from(part as readonly Tree[]) as unknown as Branch)
      : { ...part };
    for (const key of Object.keys(given).sort()) next[key] = visit(part[key], given[key]!, under(path, key));
    return next;
  };
  return visit(params, adapters, '') as P; // layers only gain an adapter or exchange their weight
}

function checkFit(owner: string, where: string, weight: Tree | undefined, A: Tensor, B: Tensor): void {
  if (!(weight instanceof Tensor) || weight.ndim !== 2)
    throw new TreeError(`${owner}: there is an adapter at ${where}, but no weight [out, in]`);
  const [out, inputs] = weight.shape as [number, number];
  const rank = A.shape[0] ?? 0;
  if (rank > 0 && show(A.shape) === show([rank, inputs]) && show(B.shape) === show([out, rank])) return;
  throw new ShapeError(
    `${owner}: at ${where}, the weight ${show(weight.shape)} takes A [rank,${inputs}] and B [${out},rank], got ${show(A.shape)} and ${show(B.shape)}`,
  );
}
