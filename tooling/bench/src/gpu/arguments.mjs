export const help = `pnpm gpu:check [options]

On a machine with a GPU: runs the tests of the WebGPU backend on it, then measures matrix products, elementwise operations,
convolutions and training steps against the CPU engine, and against PyTorch on the same GPU where python3 has it with CUDA.
Prints a table with the share of the card's peak, and writes gpu-report.json.

  --out FILE           write the figures there (default: gpu-report.json)
  --peak-gflops N      the card's peak in float32, without tensor cores, in 10^9 operations a second
  --peak-gbps N        its memory's peak in 10^9 bytes a second
  --no-tests           measure only
  --quick              small work and short turns; also takes a software adapter, such as SwiftShader
  --help               this`;

const numbers = { '--peak-gflops': 'peakGflops', '--peak-gbps': 'peakGbps' };

/** @throws Error that says what is wrong with the arguments */
export function parse(list) {
  const options = { out: 'gpu-report.json', tests: true, quick: false, help: false };
  const rest = [...list];
  while (rest.length > 0) {
    const argument = rest.shift();
    if (argument === '--help') options.help = true;
    else if (argument === '--quick') options.quick = true;
    else if (argument === '--no-tests') options.tests = false;
    else if (argument === '--out') {
      options.out = rest.shift();
      if (options.out === undefined) throw new Error('--out needs the name of a file');
    } else if (argument in numbers) {
      const value = Number(rest.shift());
      if (!(value > 0)) throw new Error(`${argument} needs a number above 0`);
      options[numbers[argument]] = value;
    } else throw new Error(`there is no '${argument}'; see --help`);
  }
  return options;
}
