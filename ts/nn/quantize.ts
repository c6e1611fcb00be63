import { describe, withArticle } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { type CheckedOptions, checkObject, DEFAULTS } from "../checks/options.js";
import type { Module } from "../parameters/module.js";
import { Parameter } from "../parameters/parameter.js";
import { LOADED, loaded } from "../parameters/state-dict.js";
import type { RnnHandle } from "../recurrent/handle.js";
import { Recurrent } from "../recurrent/recurrent.js";
import type { Weights } from "../tensor/quantization.js";
import { Sequential } from "./sequential.js";

/** What weights become. */
export interface QuantizeOptions {
  /** int8: a quarter of float32's bytes. int16: half of them, and 10 to 60 times as exact. */
  weights: "int8" | "int16";
}

/**
 * The same module with integer weights, for inference: smaller, faster, and not quite as exact. The one given stays as it is.
 *
 * Each row of a weight is rounded by a scale of its own, its largest magnitude over the largest integer. Each row that a weight
 * multiplies, x(t) or h(t-1) or the input of a Linear, is rounded to 16 bits likewise at each step. Sums of products are exact in int32;
 * biases, activations and states are float32. So results have the same bits everywhere: streamed, in a batch, packed, on every engine.
 * An Embedding gives the rows that its integers stand for.
 *
 * A row with a NaN or an infinity makes all of its results NaN.
 *
 * Of a subclass the copy has the parameters, but its other fields are what the constructor makes them: what was written into one
 * since, `this.scale = 3` say, is lost.
 *
 * @param module an LSTM, GRU or RNN, or a cell of one; a Linear or an Embedding; or a Sequential, whose other modules are copied
 * @throws LSTMError `OPTION`, `OUT_OF_MEMORY`, `DISPOSED`
 */
export function quantize<M extends Module>(module: M, options: QuantizeOptions): M {
  const { weights } = checkObject("quantize", options, ["weights"]);
  if (weights !== "int8" && weights !== "int16") throw mustBe("OPTION", "weights", '"int8" or "int16"', weights);
  return copy("module", module, weights);
}

/**
 * The same module with float32 weights, the values that its integers stand for: to be trained, or looked at. The one given stays
 * as it is.
 *
 * @throws LSTMError `OPTION`, `OUT_OF_MEMORY`, `DISPOSED`
 */
export function dequantize<M extends Module>(module: M): M {
  return copy("module", module, "float32");
}

/** A module of the same options with the same parameters. */
function copy<M extends Module>(name: string, module: M, weights: Weights): M {
  if (module instanceof Sequential) return copyChain(name, module, weights);
  const options = optionsOf(module);
  if (options === undefined) {
    const expected = "an LSTM, GRU or RNN, a cell of one, a module of lstm-wasm/nn, or a Sequential of these";
    const cure = "; a module of your own takes its parts quantized one by one";
    throw new LSTMError("OPTION", `${name} must be ${expected}, got ${nameOf(module)}${cure}`);
  }
  const dict = module.stateDict();
  const made = another(name, module, { ...options, [LOADED]: weights });
  try {
    const same = String(made) === String(module) && ((made as Narrow).weights ?? weights) === weights;
    if (!same) throw otherConstructor(name, module);
    copyFields(name, module, made);
  } catch (error) {
    made.dispose();
    throw error;
  }
  return loaded(made, dict, "");
}

function copyChain<M extends Module>(name: string, chain: M & Sequential, weights: Weights): M {
  const modules: Record<string, Module> = {};
  let made: (M & Sequential) | undefined;
  try {
    for (const [part, module] of chain.namedChildren())
      modules[part] = copy(`${name}.modules.${part}`, module, weights);
    made = another(name, chain, modules);
    const same = made.namedChildren().every(([part, module]) => module === modules[part]);
    if (!same || String(made) !== String(chain)) throw otherConstructor(name, chain);
    copyFields(name, chain, made);
    return made;
  } catch (error) {
    for (const module of Object.values(modules)) module.dispose();
    made?.dispose();
    throw error;
  }
}

/** Copies the parameters in a subclass's own fields, where its constructor has made others. */
function copyFields(name: string, module: Module, made: Module): void {
  // Those of layers have names, and are copied with their layer.
  const shapeOf = (value: unknown) => value instanceof Parameter && value.name === "" && String(value.shape);
  for (const [field, value] of Object.entries({ ...made, ...module })) {
    const other = (made as unknown as Record<string, unknown>)[field];
    if (shapeOf(value) !== shapeOf(other)) {
      const why = `whose parameter ${field} is not as its constructor makes it`;
      throw new LSTMError("OPTION", `${name} is ${nameOf(module)}, ${why}; quantize its parts`);
    }
    if (shapeOf(value) !== false) (other as Parameter).write((value as unknown as Parameter).read());
  }
}

/** A module that may have integer weights. */
interface Narrow {
  readonly weights?: Weights;
  given?(): object;
}

/** What a constructor of ours was given; undefined of another module. */
function optionsOf(module: Module): object | undefined {
  if (!(module instanceof Recurrent)) return (module as Narrow | null | undefined)?.given?.();
  const [first] = module.parameters() as [Parameter];
  const { options } = first.object as RnnHandle;
  // Those of other cells keep their defaults, and a constructor refuses them.
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => value !== DEFAULTS[name as keyof CheckedOptions]),
  );
}

/** What the class of a module makes of other options; a subclass may do so by its own. */
function another<M extends Module>(name: string, module: M, options: object): M {
  try {
    return new (module.constructor as new (options: object) => M)(options);
  } catch (cause) {
    if (cause instanceof LSTMError && cause.code !== "OPTION") throw cause;
    throw otherConstructor(name, module, cause);
  }
}

function otherConstructor(name: string, module: Module, cause?: unknown): LSTMError {
  const why = "whose constructor does not take what that of the class below it takes";
  const cure = "make one that does, or quantize its parts";
  return new LSTMError("OPTION", `${name} is ${nameOf(module)}, ${why}; ${cure}`, { cause });
}

/** "a Tagger": what a module is called that is refused. */
export const nameOf = (module: unknown): string =>
  typeof module === "object" && module !== null && module.constructor !== Object
    ? withArticle(module.constructor.name)
    : describe(module);
