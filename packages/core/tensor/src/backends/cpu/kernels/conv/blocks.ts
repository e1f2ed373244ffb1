/** Cuts `whole` things into parts of at most `most` (at least 1), as alike as can be; the last part may be shorter. */
export function evenParts(whole: number, most: number): { readonly length: number; readonly count: number } {
  const parts = Math.ceil(whole / Math.max(1, Math.floor(most)));
  const length = Math.ceil(whole / parts);
  return { length, count: Math.ceil(whole / length) };
}
