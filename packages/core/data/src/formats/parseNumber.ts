const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number a field stands for, or undefined. Decimal and scientific notation, NaN and infinities; spaces around it. */
export function parseNumber(field: string): number | undefined {
  const text = field.trim();
  if (numberPattern.test(text)) return Number(text);
  const word = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  if (word === null) return undefined;
  if (word[2]!.toLowerCase() === 'nan') return NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}
