// `pnpm build [turbo options]`: builds every package, or those that the options name.
import { build } from './turbo.mjs';

try {
  const output = await build(process.argv.slice(2));
  console.log(
    output
      .split('\n')
      .filter((line) => /Tasks:|Cached:|Time:/.test(line))
      .join('\n'),
  );
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
