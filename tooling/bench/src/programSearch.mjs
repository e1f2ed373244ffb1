/*
 * `node tooling/bench/src/programSearch.mjs [--seed 1] [--programs 6000] [--population 500] [--tournament 10] [--threads 2]
 * [--functions all|few] [--out folder]`: searches for an optimizer from AdamW, shows how far it is, and writes the listing, its numbers and a chart into a folder.
 * A search that was stopped goes on from the folder's checkpoint. Needs built packages.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lionLikeness, programText, searchFiles, searchPrograms } from '@plugins/optim';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    programs: { type: 'string', default: '6000' },
    population: { type: 'string', default: '500' },
    tournament: { type: 'string', default: '10' },
    threads: { type: 'string', default: '2' },
    functions: { type: 'string', default: 'few' },
    out: { type: 'string' },
  },
});
const seed = Number(values.seed);
const folder = values.out ?? `program-search-${seed}`;
mkdirSync(folder, { recursive: true });
const checkpoint = join(folder, 'checkpoint.json');
const few = ['+', '-', '*', '/', 'max', 'min', 'abs', 'sign', 'square', 'sqrt', 'interp', 'clip'];

const start = performance.now();
let saved = start;
const result = await searchPrograms({
  seed,
  programs: Number(values.programs),
  population: Number(values.population),
  tournament: Number(values.tournament),
  threads: Number(values.threads),
  ...(values.functions === 'few' ? { functions: few } : {}),
  ...(existsSync(checkpoint) ? { resume: JSON.parse(readFileSync(checkpoint, 'utf8')) } : {}),
  onProgress: ({ generated, total, evaluated, bestFitness }) => {
    const seconds = (performance.now() - start) / 1000;
    process.stderr.write(
      `\r${generated}/${total} programs, ${evaluated} trained with, best ${bestFitness.toFixed(3)}, ${seconds.toFixed(0)} s `,
    );
  },
  onCheckpoint: (state) => {
    if (performance.now() - saved < 5000) return;
    saved = performance.now();
    // A file that is being written is never the one that a later run reads.
    writeFileSync(`${checkpoint}.new`, JSON.stringify(state));
    renameSync(`${checkpoint}.new`, checkpoint);
  },
});
process.stderr.write('\n');
for (const { path, content } of searchFiles(result)) writeFileSync(join(folder, path), content);
rmSync(checkpoint, { force: true });
console.log(programText(result.program));
console.log(
  JSON.stringify({ fitness: result.fitness, counts: result.counts, ...lionLikeness(result.program) }),
);
console.log(`written to ${folder}`);
