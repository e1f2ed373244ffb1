import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lab, project } from '../support/harness.js';
import { toyRecipe } from '../support/toyPlugin.js';

/** Runs a recipe that must be refused before a run folder is made; gives what was said. */
async function refused(recipe: string, ...flags: string[]): Promise<string> {
  const cwd = project({ 'stripes.yaml': recipe });
  const { code, stdout, stderr } = await lab(['run', 'stripes.yaml', ...flags], { cwd });
  expect(code).toBe(1);
  expect(stdout).toBe(''); // no training is announced
  expect(existsSync(join(cwd, 'runs'))).toBe(false);
  expect(stderr).not.toMatch(/^ +at /m);
  return stderr;
}

describe('a recipe with mistakes', () => {
  test('a typo in an option: path, line, nearest name', async () => {
    expect(await refused(toyRecipe.replace('learningRate: 0.001', 'learningRat: 0.001'))).toBe(
      'error: stripes.yaml:13:5: optimizers[1].learningRat: no such option of toy/sgd; did you mean learningRate?\n',
    );
  });

  test('a typo in a part of the recipe', async () => {
    expect(await refused(toyRecipe.replace('epochs: 2', 'epoch: 2'))).toBe(
      'error: stripes.yaml:14:1: epoch: no such part of a recipe; did you mean epochs?\n',
    );
  });

  test('a name, which a recipe calls its title', async () => {
    expect(await refused(toyRecipe.replace('title:', 'name:'))).toMatch(
      /: name: no such part of a recipe; its parts are .*, title, trainExamples\n$/,
    );
  });

  test('an unknown component', async () => {
    expect(await refused(toyRecipe.replace('toy/linear', 'toy/liner'))).toBe(
      'error: stripes.yaml:5:3: model.use: unknown model toy/liner; did you mean toy/linear?\n',
    );
  });

  test('a component of another kind', async () => {
    expect(await refused(toyRecipe.replace('use: toy/linear', 'use: toy/stripes'))).toMatch(
      /stripes.yaml:5:3: model.use: toy\/stripes is a dataset, and a model belongs here/,
    );
  });

  test('several mistakes are said at once', async () => {
    const said = await refused(
      toyRecipe.replace('epochs: 2', 'epochs: 0').replace('toy/linear', 'toy/liner'),
    );
    expect(said).toMatch(/^error: 2 problems:\n {2}stripes.yaml:5:3: .*\n {2}stripes.yaml:14:1: epochs/);
  });

  test.each(['.nan', '-1', 'fast', '.inf'])('a learning rate of %s', async (rate) => {
    const said = await refused(toyRecipe, '--set', `optimizers.0.learningRate=${rate}`);
    expect(said).toContain(`--set optimizers.0.learningRate=${rate}`);
    expect(said).toMatch(/optimizers\[0\]\.learningRate: ./s);
  });

  test('no optimizer, two of one name, and no YAML at all', async () => {
    expect(await refused(toyRecipe, '-s', 'optimizers=[]')).toContain(
      'a recipe needs at least one optimizer',
    );
    expect(await refused(toyRecipe.replace('name: slow', 'name: steep'))).toContain(
      'the name steep is taken',
    );
    expect(await refused('a: [')).toMatch(/^error: stripes.yaml:1:\d+: /);
    expect(await refused('just words')).toContain('a recipe is a mapping');
  });
});

describe('files and folders', () => {
  test('a recipe that is not there: the nearest file', async () => {
    const cwd = project({ 'stripes.yaml': toyRecipe });
    expect((await lab(['run', 'stripe.yaml'], { cwd })).stderr).toBe(
      'error: stripe.yaml: there is no such file; did you mean stripes.yaml?\n',
    );
    expect((await lab(['run', '.'], { cwd })).stderr).toMatch(/is a folder; name a recipe in it/);
    writeFileSync(join(cwd, 'notes.txt'), '');
    expect((await lab(['run', 'notes.txt'], { cwd })).stderr).toContain('a recipe is a file ending in .yaml');
  });

  test('a recipe that ships, by its name; a file of that name goes first', async () => {
    const cwd = project({ 'digits.yaml': 'a: [' });
    const said = async (...argv: string[]): Promise<string> => (await lab(['run', ...argv], { cwd })).stderr;
    expect(await said('covariances.yaml', '--set', 'epochs=0')).toMatch(/^error: .*epochs/);
    expect(await said('covariance.yaml')).toContain('did you mean covariances.yaml?');
    expect(await said('digits.yaml')).toMatch(/^error: digits.yaml:1:\d+: /);
    expect(await said('./covariances.yaml')).toContain('there is no such file');
  });

  test('an existing run folder is left as it is', async () => {
    const cwd = project({ 'stripes.yaml': toyRecipe });
    expect((await lab(['run', 'stripes.yaml', '--out', 'run', '-q'], { cwd })).code).toBe(0);
    const before = readdirSync(join(cwd, 'run'), { recursive: true });
    const record = readFileSync(join(cwd, 'run/run.json'), 'utf8');
    const again = await lab(['run', 'stripes.yaml', '--out', 'run', '-q'], { cwd });
    expect(again).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: run holds a run, and runs never overwrite anything; choose another folder\n',
    });
    expect(readdirSync(join(cwd, 'run'), { recursive: true })).toEqual(before);
    expect(readFileSync(join(cwd, 'run/run.json'), 'utf8')).toBe(record);
  });

  test('a folder with other files, and a file, are refused; an empty folder is taken', async () => {
    const cwd = project({ 'stripes.yaml': toyRecipe, 'full/thesis.txt': 'mine' });
    const full = await lab(['run', 'stripes.yaml', '--out', 'full', '-s', 'model.classes=4'], { cwd });
    expect(full.stderr).toContain('full is not empty (thesis.txt)'); // said before data and model are tried
    expect(full.stdout).toBe('');
    expect((await lab(['run', 'stripes.yaml', '--out', 'stripes.yaml'], { cwd })).stderr).toContain(
      'stripes.yaml is a file',
    );
    mkdirSync(join(cwd, 'empty'));
    expect((await lab(['run', 'stripes.yaml', '--out', 'empty', '-q'], { cwd })).code).toBe(0);
  });

  test('a corrupt checkpoint, one of another model, and none', async () => {
    const cwd = project({ 'stripes.yaml': toyRecipe });
    await lab(['run', 'stripes.yaml', '--out', 'run', '-q'], { cwd });
    const start = async (folder: string, ...more: string[]): Promise<string> => {
      const { code, stderr } = await lab(
        ['run', 'stripes.yaml', '-s', `startFrom=${folder}`, '--debug', ...more],
        {
          cwd,
        },
      );
      expect(code).toBe(1);
      expect(existsSync(join(cwd, 'runs'))).toBe(false);
      return stderr;
    };
    expect(await start('run/checkpoints/stee')).toContain('[CHECKPOINT_MISSING]');
    const other = await start('run/checkpoints/steep', '-s', 'dataset.train=12', '-s', 'model.classes=5');
    expect(other).toMatch(/weight is .*16,3.*wanted .*16,5.*\[CHECKPOINT_MISMATCH\]/s);
    const folder = join(cwd, 'run/checkpoints/steep');
    const weights = readdirSync(folder).find((name) => name.startsWith('params')) ?? '';
    const bytes = readFileSync(join(folder, weights));
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    writeFileSync(join(folder, weights), bytes);
    expect(await start('run/checkpoints/steep')).toMatch(
      /does not fit its checksum.*\[CHECKPOINT_CORRUPT\]\n/s,
    );
  });

  test('a model that does not fit the data is refused before a folder is made', async () => {
    expect(await refused(toyRecipe, '-s', 'model.classes=4')).toBe(
      'error: model toy/linear gives [2, 4] for two examples, and toy/stripes has 3 classes, which needs [2, 3]\n',
    );
    expect(await refused(toyRecipe, '-s', 'evaluateOn=validation')).toBe(
      'error: Stripes has no split validation; it has train, test\n',
    );
  });
});

describe('command lines', () => {
  test('unknown commands and options: the nearest', async () => {
    const command = await lab(['lst']);
    expect(command.code).toBe(1);
    expect(command.stderr).toContain('Did you mean list?');
    const option = await lab(['list', '--kin', 'model']);
    expect(option.code).toBe(1);
    expect(option.stderr).toContain('Did you mean --kind?');
    expect((await lab(['list', '--kind', 'optimiser'])).stderr).toContain('did you mean optimizer?');
    expect((await lab(['describe', 'toy/linaer'])).stderr).toContain('did you mean toy/linear');
    expect((await lab(['describe'])).stderr).toContain("missing required argument 'component'");
  });

  test('--set that is no assignment, or leads nowhere', async () => {
    expect(await refused(toyRecipe, '--set', 'epochs')).toContain('--set takes path=value');
    expect(await refused(toyRecipe, '--set', 'optimizers.fast.learningRate=1')).toContain(
      'has no item fast; it has slow, steep',
    );
    expect(await refused(toyRecipe, '--set', 'epochs.first=1')).toContain('epochs is 2, which has no first');
  });

  test('the stack of an error is shown with --debug only', async () => {
    const cwd = project();
    const quiet = await lab(['run', 'none.yaml'], { cwd });
    expect(quiet.stderr.split('\n')).toHaveLength(2);
    expect((await lab(['run', 'none.yaml', '--debug'], { cwd })).stderr).toMatch(/^ +at /m);
  });

  test('a defect has its own exit code', async () => {
    const broken = {
      get extra(): never {
        throw new RangeError('impossible');
      },
    };
    const { code, stderr } = await lab(['list'], { plugins: broken });
    expect(code).toBe(2);
    expect(stderr).toContain('defect: impossible');
    expect(stderr).toContain('--debug');
  });

  test('help names every command, with examples', async () => {
    const { code, stdout } = await lab(['--help']);
    expect(code).toBe(0);
    for (const command of ['list', 'describe', 'run', 'doctor'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).toContain('Examples:');
    expect((await lab(['run', '--help'])).stdout).toContain('--set optimizers.0.learningRate=1e-3');
    expect((await lab(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await lab([])).stderr).toContain('Usage: lab');
  });
});
