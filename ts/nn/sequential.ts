import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { Module } from "../parameters/module.js";
import { type BackwardOptions, Pending } from "../parameters/pending.js";
import {
  checkDict,
  checkLoadOptions,
  type LoadOptions,
  matchStateDict,
  type StateDict,
} from "../parameters/state-dict.js";
import { Recurrent } from "../recurrent/recurrent.js";
import type { IndexInput } from "../tensor/indices.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { asTensor, type Tensor, type TensorInput } from "../tensor/tensor.js";
import { type Chainable, checkLayout, checkModules } from "./chain.js";
import { checkOneInput } from "./one-input.js";

/** What `Sequential.fromStateDict` makes a module of: its class, a function that makes it, or the module itself. */
export type Part =
  | { fromStateDict(dict: StateDict, options: { prefix: string }): Chainable }
  | (new () => Chainable)
  | ((dict: StateDict, options: { prefix: string }) => Chainable)
  | Chainable;

/**
 * `torch.nn.Sequential`: modules one after the other, by name or by number.
 *
 * An LSTM, GRU or RNN passes its output on and leaves its state; its layers' parameters are "lstm.weight_ih_l0" and so on.
 *
 * ```ts
 * const model = new Sequential({
 *   embedding: new Embedding({ numEmbeddings: 5000, embeddingDim: 64 }),
 *   lstm: new LSTM({ inputSize: 64, hiddenSize: 128, bidirectional: true }),
 *   linear: new Linear({ inFeatures: 256, outFeatures: 4 }),
 * });
 * ```
 */
export class Sequential extends Module {
  static override readonly name: string = "Sequential";
  /** The modules by name. */
  readonly modules: Readonly<Record<string, Chainable>>;
  /** @internal Of each training forward, what each module returned. */
  override readonly pending = new Pending<readonly object[]>("Sequential", () => 0);

  /**
   * Modules one after the other, named by their numbers.
   *
   * @throws LSTMError `OPTION` for what is no module, a single cell, a module that is there twice, or an LSTM, GRU, RNN or
   *   Last that reads its input in another order of dimensions than it comes
   */
  constructor(...modules: readonly Chainable[]);
  /** Modules by name in an object, or in an array. */
  constructor(modules: Readonly<Record<string, Chainable>> | readonly Chainable[]);
  constructor(...given: readonly unknown[]) {
    super();
    const [first] = given;
    const modules = given.length === 1 && !(first instanceof Module) ? first : given;
    const entries = typeof modules === "object" && modules !== null ? Object.entries(modules) : [];
    if (entries.length === 0) throw new LSTMError("OPTION", `Sequential needs modules, got ${describe(modules)}`);
    checkModules(entries);
    checkLayout(inOrder(entries));
    this.modules = Object.freeze(Object.fromEntries(entries));
    // As in the modules: training only if all of them are.
    if (entries.every(([, module]) => module.training)) this.train();
  }

  /**
   * A chain with the parameters of a state dict. Each part is a class that makes itself (`head: Linear`, `relu: ReLU`), a
   * function (`lstm: (all, options) => LSTM.fromStateDict(all, { ...options, batchFirst: true })`), or a module
   * (`norm: new LayerNorm({ normalizedShape: 8 })`), which keeps its values if anything is wrong. A function must make its module
   * of the dict that it is given: integer weights are not written again, so those of another origin stay.
   *
   * @param parts by the names that stand before the parameters' names, or by number in an array
   * @throws LSTMError `STATE_DICT` that lists every missing, unexpected and misshapen parameter
   */
  static fromStateDict(
    dict: StateDict,
    parts: Readonly<Record<string, Part>> | readonly Part[],
    options: Pick<LoadOptions, "prefix"> = {},
  ): Sequential {
    const owner = "Sequential.fromStateDict";
    const { prefix } = checkLoadOptions(owner, options, []);
    checkDict(owner, dict);
    if (typeof parts !== "object" || parts === null) {
      throw new LSTMError("OPTION", `${owner} needs parts by name, got ${describe(parts)}`);
    }
    const entries = Object.entries(parts);
    const made: [string, Chainable][] = [];
    const wrong: string[] = [];
    try {
      for (const [name, part] of entries) {
        const action = () => made.push([name, make(dict, part, `${prefix}${name}.`)]);
        noteRefusal(wrong, action, (other) => hintAtName(other, prefix, name));
      }
      if (wrong.length === 0) {
        const model = new Sequential(Object.fromEntries(made));
        const expected = model.namedParameters().map(([name, { shape }]) => ({ name, shape }));
        matchStateDict("Sequential", expected, dict, { prefix }); // also what belongs to no module is told
        const own = Object.values(parts) as unknown[];
        // Integers cannot be written into a module that was there, and nothing may be changed if anything is refused.
        for (const [, module] of made) if (own.includes(module)) checkWritable(module);
        for (const [name, module] of made) fill(module, dict, `${prefix}${name}.`);
        return model;
      }
      // What else is wrong: with modules that were there already, and with names that belong to none.
      for (const [name, module] of made) {
        const expected = module.namedParameters().map(([inner, { shape }]) => ({ name: inner, shape }));
        const action = () => matchStateDict(name, expected, dict, { prefix: `${prefix}${name}.` });
        noteRefusal(wrong, action, (other) => hintAtName(other, prefix, name));
      }
      const belongs = (key: string) => entries.some(([name]) => key.startsWith(`${prefix}${name}.`));
      const others = Object.keys(dict).filter((key) => key.startsWith(prefix) && !belongs(key));
      if (others.length > 0) wrong.push(`unexpected: ${others.join(", ")}`);
      const list = wrong.join("\n").replace(/\n/g, "\n  ");
      throw new LSTMError("STATE_DICT", `${owner}: the state dict does not fit.\n  ${list}`);
    } catch (error) {
      for (const [name, module] of made) if (module !== (parts as Record<string, Part>)[name]) module.dispose();
      throw error;
    }
  }

  override namedChildren(): [string, Module][] {
    return Object.entries(this.modules);
  }

  /**
   * Runs through all modules in order; a packed batch goes in and comes out packed, unless Last ends it.
   *
   * @throws LSTMError as the module that refuses its input; those before it then keep nothing for a backward
   */
  forward(input: TensorInput | IndexInput): Tensor;
  /** `forward` of a packed batch; with a Last in the chain `forward<Tensor>`, since its output is none. */
  forward<Output extends Tensor | PackedSequence = PackedSequence>(input: PackedSequence): Output;
  /** `forward` of an input that may be packed or not. */
  forward(input: TensorInput | IndexInput | PackedSequence): Tensor | PackedSequence;
  forward(input: TensorInput | IndexInput | PackedSequence, ...more: unknown[]): Tensor | PackedSequence {
    this.checkAlive();
    checkOneInput(this, more);
    let value: unknown = input;
    const outputs: object[] = [];
    const modules = Object.values(this.modules);
    try {
      for (const module of modules) {
        value = through(module, value, (rows) => {
          const result: unknown = module.forward(rows);
          const output: unknown = Array.isArray(result) ? result[0] : result;
          outputs.push(output as object);
          return output;
        });
      }
    } catch (error) {
      // Nobody can go back through what those before the refusal keep.
      if (this.training) for (const module of modules.slice(0, outputs.length)) module.discardLast();
      throw error;
    }
    if (this.training) this.pending.push(value as object, outputs);
    return value as Tensor | PackedSequence;
  }

  /**
   * Goes back through all modules in reverse.
   *
   * @param options.of the output of the forward that is meant; needed if several wait
   * @returns the gradient of the input, packed as it was; undefined if that was indices
   * @throws LSTMError `NO_FORWARD`, `STALE_FORWARD`, `SHAPE_MISMATCH`, `DTYPE`: as the modules do
   */
  backward(gradOutput: TensorInput, options?: BackwardOptions): Tensor | PackedSequence | undefined;
  /** `backward` after a forward of a packed batch. */
  backward(gradOutput: PackedSequence, options?: BackwardOptions): PackedSequence | undefined;
  /** `backward` of a gradient that may be packed or not. */
  backward(gradOutput: TensorInput | PackedSequence, options?: BackwardOptions): Tensor | PackedSequence | undefined;
  backward(gradOutput: TensorInput | PackedSequence, options?: BackwardOptions): Tensor | PackedSequence | undefined {
    this.checkAlive();
    const outputs = this.pending.find(this.training, options);
    // A getter in it is code of the caller's, so it is read before the modules are asked.
    let gradient: unknown = gradOutput instanceof PackedSequence ? gradOutput : asTensor("gradOutput", gradOutput);
    this.checkAlive();
    this.pending.indexOf(outputs, this.training); // throws if it no longer waits
    // All or nothing: a refusal in the middle would leave gradients added behind it.
    this.#checkModules(outputs);
    const modules = Object.values(this.modules);
    for (const [index, module] of [...modules.entries()].reverse()) {
      const named = { of: outputs[index] };
      gradient = through(module, gradient, (rows) => {
        const result = module instanceof Recurrent ? module.backward(rows, null, named) : module.backward(rows, named);
        return isGradients(result) ? result.input : result;
      });
    }
    this.pending.remove(this.pending.indexOf(outputs, this.training));
    return gradient as Tensor | PackedSequence | undefined;
  }

  /** @internal */
  override checkBackward(options: BackwardOptions): void {
    this.#checkModules(this.pending.find(this.training, options));
  }

  /** Throws if any module would refuse to go back through what it returned. */
  #checkModules(outputs: readonly object[]): void {
    for (const [index, module] of Object.values(this.modules).entries()) module.checkBackward({ of: outputs[index] });
  }

  /** @internal */
  override discardLast(): void {
    for (const [, module] of this.namedChildren()) module.discardLast();
    super.discardLast();
  }

  override get takesPacked(): boolean {
    return true;
  }
}

/** The modules in the order in which they run: those of a chain inside in its place, with its name in front. */
function inOrder(entries: readonly [string, Module][]): [string, Module][] {
  return entries.flatMap(([name, module]): [string, Module][] => {
    if (!(module instanceof Sequential)) return [[name, module]];
    return inOrder(module.namedChildren()).map(([inner, child]) => [`${name}.${inner}`, child]);
  });
}

function make(dict: StateDict, part: Part, prefix: string): Chainable {
  if (part instanceof Module) return part;
  const name = prefix.slice(0, -1);
  const refuse = (expected: string, got: unknown) =>
    mustBe("OPTION", `Sequential.fromStateDict: ${name}`, expected, got);
  if ((part as unknown) === Sequential) {
    throw refuse(
      "a function (all, options) => Sequential.fromStateDict(all, parts, options), since it has parts",
      part,
    );
  }
  const maker = part as { fromStateDict?: (dict: StateDict, options: { prefix: string }) => Chainable };
  let module: unknown;
  if (typeof maker?.fromStateDict === "function") module = maker.fromStateDict(dict, { prefix });
  else if (typeof part !== "function") throw refuse("a module, its class, or a function that makes one", part);
  // The class of a module without sizes, ReLU or Last say, is made as it is by default.
  else if (part.prototype instanceof Module) module = new (part as new () => Chainable)();
  else module = (part as (dict: StateDict, options: { prefix: string }) => Chainable)(dict, { prefix });
  if (module instanceof Module) return module as Chainable;
  throw refuse("a function that makes a module of this entry", module);
}

/** Throws if a module has parameters that cannot be written. */
function checkWritable(module: Module): void {
  for (const { object, index } of module.parameters()) object.checkWritable(index);
}

/** Writes a state dict into a module, but for integer weights: those were made of it, and can no longer be written. */
function fill(module: Module, dict: StateDict, prefix: string): void {
  const named = module.namedParameters();
  if (named.every(([, { object }]) => object.weights === "float32")) {
    module.loadStateDict(dict, { prefix });
    return;
  }
  for (const [name, parameter] of named) {
    if (parameter.object.narrowShape(parameter.index) === undefined) parameter.set(dict[prefix + name] as TensorInput);
  }
}

/** Notes what a state dict lacks or has too much; other errors go on. */
function noteRefusal(wrong: string[], action: () => unknown, hint: (prefix: string) => string | undefined): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof LSTMError && error.code === "STATE_DICT")) throw error;
    wrong.push(error.message.replace(/\{ prefix: "(.*?)" \}/g, (text, other) => hint(other) ?? text));
  }
}

/** What to change in a chain so that a part finds its parameters under another prefix. */
function hintAtName(other: string, prefix: string, name: string): string | undefined {
  if (other.endsWith(`${name}.`)) return `give the chain the prefix "${other.slice(0, -name.length - 1)}"`;
  if (other.startsWith(prefix) && other.endsWith(".")) return `call this part ${other.slice(prefix.length, -1)}`;
  return undefined;
}

/** Hands a packed batch as it is to a module that takes it, and as rows to one that maps each row by itself. */
function through(module: Module, value: unknown, run: (value: unknown) => unknown): unknown {
  if (!(value instanceof PackedSequence) || module.takesPacked) return run(value);
  const rows = run(value.data);
  if (rows === undefined) return undefined;
  return value.withData(rows as Tensor);
}

/** What backward of LSTM, GRU and RNN returns: an object with the gradient of the input, and no tensor or packed batch itself. */
const isGradients = (value: unknown): value is { input: unknown } =>
  typeof value === "object" && value !== null && "input" in value && !("data" in value);
