/** Says something that a user should know and no program has to. The one place of this package that prints. */
export function say(message: string): void {
  // eslint-disable-next-line no-console
  console.warn(message);
}
