import { LSTMError } from "../checks/errors.js";
import { checkBoolean } from "../checks/options.js";
import type { Tensor } from "../tensor/tensor.js";
import { DISPOSE } from "./dispose.js";
import { Parameter } from "./parameter.js";
import type { BackwardOptions, Pending } from "./pending.js";
import {
  checkLoadOptions,
  LOADED,
  type LoadOptions,
  type LoadResult,
  matchStateDict,
  type StateDict,
} from "./state-dict.js";
import { UNCLONEABLE } from "./uncloneable.js";

/**
 * What all modules have in common, as in PyTorch's `nn.Module`: parameters, state dicts, modes, and an end.
 *
 * A module of one's own extends it, keeps parameters and other modules in properties, and has the methods `forward` and
 * `backward`.
 */
export abstract class Module {
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  #training = false;
  #disposed = false;
  /** @internal The training forwards that wait for their backward, in a module that keeps them. */
  readonly pending?: Pending<unknown>;

  /** The modules in its properties, by the properties' names. */
  namedChildren(): [string, Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => entry[1] instanceof Module);
  }

  /**
   * The parameters by name, in the order of the properties: its own first, then those of the modules in its properties
   * with the property's name and a dot in front.
   */
  namedParameters(): [string, Parameter][] {
    const own = Object.entries(this).filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter);
    const nested = this.namedChildren().flatMap(([name, module]) =>
      module.namedParameters().map(([inner, parameter]): [string, Parameter] => [`${name}.${inner}`, parameter]),
    );
    return [...own, ...nested];
  }

  /** The parameters in PyTorch's order. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Whether this module trains. It starts in eval mode: here inference is the common case, unlike in PyTorch. */
  get training(): boolean {
    return this.#training;
  }

  /**
   * Switches to training mode, or with false to eval mode, which drops the forwards that wait for their backward. The
   * modules in it switch too.
   */
  train(mode = true): this {
    if (checkBoolean("mode", mode)) this.checkTrainable();
    this.#training = mode;
    if (!mode) this.discardPending();
    for (const [, module] of this.namedChildren()) module.train(mode);
    return this;
  }

  /** @internal Throws if it, or a module in it, cannot be trained. */
  checkTrainable(): void {
    for (const [, module] of this.namedChildren()) module.checkTrainable();
  }

  /** Switches to eval mode: no dropout. */
  eval(): this {
    return this.train(false);
  }

  /** Sets the gradients of all parameters to 0, and nothing else: forwards that wait for their backward still do. */
  zeroGrad(): void {
    const parameters = this.parameters();
    for (const { object } of parameters) object.id; // throws once disposed, before anything is written
    for (const parameter of parameters) parameter.zeroGrad();
  }

  /** Drops the training forwards that wait for their backward, and frees what they keep for it. */
  discardPending(): void {
    this.pending?.clear();
    for (const [, module] of this.namedChildren()) module.discardPending();
  }

  /** @internal Throws if a backward with these options would be refused whatever its gradients. */
  checkBackward(options: BackwardOptions): void {
    this.pending?.find(this.training, options);
  }

  /** @internal Gives up on the latest training forward. */
  discardLast(): void {
    this.pending?.removeLast();
  }

  /**
   * Whether `forward` and `backward` take a PackedSequence as it is. If not, a Sequential hands them its rows, one for each
   * step of each sequence, and packs what comes back.
   */
  get takesPacked(): boolean {
    return false;
  }

  /** Copies of all parameters by PyTorch's names, each with `prefix` in front; integer weights have their `quantization`. */
  stateDict(options: Pick<LoadOptions, "prefix"> = {}): Record<string, Tensor> {
    const { prefix } = checkLoadOptions("stateDict", options, []);
    return Object.fromEntries(this.namedParameters().map(([name, parameter]) => [prefix + name, parameter.tensor()]));
  }

  /**
   * Takes all parameters from a dict; nothing is changed if anything is wrong.
   *
   * @throws LSTMError `STATE_DICT` that lists every missing, unexpected and misshapen parameter
   */
  loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadResult {
    const named = this.namedParameters();
    const expected = named.map(([name, { shape }]) => ({ name, shape }));
    const { matched, result } = matchStateDict(this.constructor.name, expected, dict, options);
    // What throws does so before anything is written.
    for (const [, { object }] of named) object.id;
    const isNew = LOADED in options;
    for (const [at] of isNew ? [] : matched) {
      const [, { object, index }] = named[at] as [string, Parameter];
      object.checkWritable(index);
    }
    for (const [at, { data }, quantization] of matched) named[at]?.[1].write(data, isNew, quantization);
    return result;
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** Gives the memory inside WebAssembly back now. Any later use is a `DISPOSED` error; calling it twice is not. */
  dispose(): void {
    for (const [, module] of this.namedChildren()) module.dispose();
    for (const { object } of this.parameters()) object.dispose();
    this.pending?.clear();
    this.#disposed = true;
  }

  /** @internal Throws once disposed; for modules that may have nothing inside WebAssembly to be refused by. */
  checkAlive(): void {
    if (this.#disposed) throw new LSTMError("DISPOSED", `this ${this.constructor.name} was disposed`);
  }

  /** The name of its class, its options if it has any, and the modules in it. */
  toString(): string {
    const lines = this.namedChildren().map(([name, module]) => `\n${name}: ${module}`.replace(/\n/g, "\n  "));
    return `${this.constructor.name}(${lines.length > 0 ? `{${lines}\n}` : ""})`;
  }

  /** What `console.log` shows in Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** `using lstm = new LSTM(...)` disposes at the end of the block, where the runtime knows `using`. */
  [DISPOSE](): void {
    this.dispose();
  }
}
