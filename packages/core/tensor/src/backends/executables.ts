import type { Program } from '../program/program.js';
import type { Backend, Executable } from './backend.js';

const known = new WeakMap<Backend, WeakMap<Program, Executable>>();

/** The backend's compiled form of a program: made once, kept as long as the program. */
export function executableFor(backend: Backend, program: Program): Executable {
  let programs = known.get(backend);
  if (programs === undefined) known.set(backend, (programs = new WeakMap()));
  let executable = programs.get(program);
  if (executable === undefined) programs.set(program, (executable = backend.compile(program)));
  return executable;
}
