import type { DType } from '../dtype.js';
import type { Primitive } from '../primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../primitives/parameters.js';
import { untracked } from '../scope.js';
import type { Aval, Shape } from '../shape.js';
import { describe } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Trace } from '../trace.js';
import { Tracer, withTrace } from '../trace.js';
import { evaluateProgram } from './program.js';
import type { Equation, Program, Variable } from './program.js';
import { simplify } from './simplify.js';

/** A value known by shape and dtype only: a variable of the program being written. */
class RecordedTracer extends Tracer {
  readonly variable: Variable;

  constructor(trace: Recorder, variable: Variable) {
    super(trace, variable.shape, variable.dtype);
    this.variable = variable;
  }

  parts(): readonly Tensor[] {
    return [];
  }

  protected concrete(): undefined {
    return undefined;
  }

  protected whyAbstract(): string {
    return (
      `the value of a traced ${describe(this)} was asked for inside ${this.transform.name}: while tracing, only shapes and dtypes are known. ` +
      `For a condition use where(condition, a, b) or cond(); for a loop use scan(); or compute this part outside ${this.transform.name}`
    );
  }
}

let nextVariable = 0;

export function newVariable(aval: Aval): Variable {
  return { id: nextVariable++, shape: aval.shape, dtype: aval.dtype };
}

/** Writes down every operation of a function instead of computing it. */
class Recorder implements Trace {
  readonly level: number;
  readonly name: string;
  active = true;
  readonly equations: Equation<Variable>[] = [];
  /** Tensors that the function used without having been given them, and the inputs that stand for them. */
  readonly captured = new Map<Tensor, Variable>();

  constructor(level: number, name: string) {
    this.level = level;
    this.name = name;
  }

  variableOf(value: Tensor): Variable {
    if (value instanceof RecordedTracer && value.transform === this) return value.variable;
    let variable = this.captured.get(value);
    if (variable === undefined) this.captured.set(value, (variable = newVariable(value)));
    return variable;
  }

  process<N extends PrimitiveName>(
    primitive: Primitive<N>,
    inputs: readonly Tensor[],
    params: PrimitiveParameters[N],
  ): Tensor[] {
    // A compiled function inside a program is part of it: the whole is planned and fused together.
    if (primitive.name === 'jit')
      return evaluateProgram((params as PrimitiveParameters['jit']).program, inputs);
    const outputs = primitive.shape(inputs, params).map(newVariable);
    this.equations.push({
      primitive: primitive.name,
      params,
      inputs: inputs.map((x) => this.variableOf(x)),
      outputs,
    } as unknown as Equation<Variable>);
    return outputs.map((variable) => new RecordedTracer(this, variable));
  }
}

/** A recorded function. The program's inputs are the arguments, then one per captured tensor. */
export interface Recording {
  readonly program: Program;
  readonly captured: readonly Tensor[];
}

/** Runs `f` on abstract values and writes its operations down. */
export function record(
  name: string,
  f: (...inputs: Tensor[]) => readonly Tensor[],
  avals: readonly { shape: Shape; dtype: DType }[],
): Recording {
  return withTrace(
    (level) => new Recorder(level, name),
    (recorder) => {
      const inputs = avals.map(newVariable);
      // Constants made while recording live as long as the program, not as long as the caller's scope.
      const results = untracked(() => f(...inputs.map((variable) => new RecordedTracer(recorder, variable))));
      const outputs = results.map((value) => recorder.variableOf(value));
      const program = {
        inputs: [...inputs, ...recorder.captured.values()],
        equations: recorder.equations,
        outputs,
      };
      return { program: simplify(program), captured: [...recorder.captured.keys()] };
    },
    true,
  );
}
