/** A value as JSON. JSON has no NaN and no infinity, so these are written as text. */
export function jsonWithNumbers(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_, one: unknown) => (typeof one === 'number' && !Number.isFinite(one) ? String(one) : one),
    indent,
  );
}

/** Numbers by name, as they were before they were written. */
export function numbersOf(of: Readonly<Record<string, unknown>>): Record<string, number> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, Number(value)]));
}
