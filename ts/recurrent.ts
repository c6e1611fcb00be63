import { Core, type Placed } from "./core.js";
import { DISPOSE } from "./dispose.js";
import { type CheckedOptions, checkBoolean, checkCount, DEFAULTS } from "./options.js";
import { fillUniform, Mt19937, randomSeed } from "./random.js";
import { tensorOfShape } from "./shape.js";
import { type LoadOptions, type LoadResult, matchStateDict, type StateDict } from "./state-dict.js";
import { Tensor, type TensorInput } from "./tensor.js";

/** A weight or bias: PyTorch's name and shape, and its values where they live. */
export class Parameter {
  static readonly name = "Parameter";
  readonly name: string;
  readonly shape: readonly number[];
  readonly #core: Core;
  readonly #placed: Placed;
  readonly #index: number;

  /** @internal */
  constructor(core: Core, placed: Placed, index: number) {
    this.#index = index;
    this.name = placed.name;
    this.shape = placed.shape;
    this.#core = core;
    this.#placed = placed;
  }

  /**
   * The values themselves, row-major. Writing to them just works; take them anew for each use, because the view goes
   * stale when WebAssembly's memory grows.
   */
  get data(): Float32Array {
    return this.#core.values(this.#placed);
  }

  /**
   * The gradient that every `backward` adds to, to read and write; null before the first forward in training mode. Take
   * it anew for each use, like `data`.
   */
  get grad(): Float32Array | null {
    return this.#core.gradient(this.#index);
  }

  /** Copies values in. @throws LSTMError `SHAPE_MISMATCH` unless the shape is the same */
  set(values: TensorInput): void {
    const { data } = tensorOfShape(this.name, values, this.shape);
    this.data.set(data);
  }
}

/** What LSTM and LSTMCell have in common: parameters, state dicts, modes and an end. */
export abstract class Recurrent {
  /** @internal */
  protected readonly core: Core;
  #seed: number | undefined;
  readonly #parameters: readonly Parameter[];
  #training = false;

  /** @internal */
  protected constructor(owner: string, options: CheckedOptions, seed: number | undefined, suffixed: boolean) {
    if (seed !== undefined) checkCount("seed", seed);
    this.#seed = seed;
    this.core = new Core(owner, options, suffixed);
    this.#parameters = this.core.parameters.map((placed, index) => new Parameter(this.core, placed, index));
  }

  /** `reset_parameters`: every weight and bias uniform within 1 / sqrt(hidden_size), in the parameters' order. */
  protected initialise(): void {
    const random = new Mt19937(this.seed);
    for (const { data } of this.#parameters) fillUniform(random, data, 1 / Math.sqrt(this.hiddenSize));
  }

  /** The seed that was given, or one drawn by chance when it is first needed; edge runtimes forbid that at import. */
  protected get seed(): number {
    this.#seed ??= randomSeed();
    return this.#seed;
  }

  get inputSize(): number {
    return this.core.options.inputSize;
  }
  get hiddenSize(): number {
    return this.core.options.hiddenSize;
  }
  get bias(): boolean {
    return this.core.options.bias;
  }

  /** The constructor call that made it, defaults left out. */
  toString(): string {
    const { owner, options } = this.core;
    const shown = Object.entries(options).filter(([name, value]) => value !== DEFAULTS[name as keyof CheckedOptions]);
    return `${owner}({ ${shown.map(([name, value]) => `${name}: ${value}`).join(", ")} })`;
  }

  /** What `console.log` shows in Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Whether this module trains. It starts in eval mode: here inference is the common case, unlike in PyTorch. */
  get training(): boolean {
    return this.#training;
  }

  /** Switches to training mode, or with false to eval mode, which gives up on forwards that wait for their backward. */
  train(mode = true): this {
    this.#training = checkBoolean("mode", mode);
    if (!mode) this.core.forget();
    return this;
  }

  /** Switches to eval mode: no dropout. */
  eval(): this {
    return this.train(false);
  }

  /** Sets the gradients of all parameters to 0, and gives up on forwards that wait for their backward. */
  zeroGrad(): void {
    this.core.zeroGradients();
    this.core.forget();
  }

  /** The parameters in PyTorch's order. */
  parameters(): Parameter[] {
    return [...this.#parameters];
  }

  /** The parameters by name, in PyTorch's order. */
  namedParameters(): [string, Parameter][] {
    return this.#parameters.map((parameter) => [parameter.name, parameter]);
  }

  /** Copies of all parameters by PyTorch's names. */
  stateDict(): Record<string, Tensor> {
    const copy = (placed: Placed) => new Tensor(this.core.peek(placed).slice(), placed.shape);
    return Object.fromEntries(this.core.parameters.map((placed) => [placed.name, copy(placed)]));
  }

  /**
   * Takes all parameters from a dict; nothing is changed if anything is wrong.
   *
   * @throws LSTMError `STATE_DICT` that lists every missing, unexpected and misshapen parameter
   */
  loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadResult {
    const { matched, result } = matchStateDict(this.core.owner, this.#parameters, dict, options);
    for (const [index, tensor] of matched) (this.#parameters[index] as Parameter).data.set(tensor.data);
    return result;
  }

  /** Gives the memory inside WebAssembly back now. Any later use is a `DISPOSED` error; calling it twice is not. */
  dispose(): void {
    this.core.dispose();
  }

  /** `using lstm = new LSTM(...)` disposes at the end of the block, where the runtime knows `using`. */
  [DISPOSE](): void {
    this.dispose();
  }
}
