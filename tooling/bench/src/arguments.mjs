import { suites as measured } from './subjects/index.mjs';

/** `demo` is the one without subjects and peers. */
const suites = [...measured, 'demo'];

export const help = `pnpm bench [suite…] [options]

Measures Trellis and its peers side by side: PyTorch and NumPy (apt-get install python3-torch python3-numpy),
tfjs-wasm, tfjs-cpu and jax-js. Suites: ${suites.join(', ')}.

  --json FILE   write all figures there
  --write       put the tables into BENCHMARKS.md
  --quick       fewer and shorter turns: a first impression
  --help        this`;

/** @throws Error that says what is wrong with the arguments */
export function parse(list) {
  const options = { suites: [], json: undefined, write: false, quick: false, help: false };
  const rest = [...list];
  while (rest.length > 0) {
    const argument = rest.shift();
    if (argument === '--json') {
      options.json = rest.shift();
      if (options.json === undefined) throw new Error('--json needs the name of a file');
    } else if (['--write', '--quick', '--help'].includes(argument)) options[argument.slice(2)] = true;
    else if (suites.includes(argument)) options.suites.push(argument);
    else throw new Error(`there is no '${argument}'; suites: ${suites.join(', ')}; see --help`);
  }
  if (options.suites.length === 0) options.suites = suites;
  else if (options.write) throw new Error('--write takes the figures of one run of all suites: name none');
  return options;
}
