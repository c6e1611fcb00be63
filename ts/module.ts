import { DISPOSE } from "./dispose.js";
import { checkBoolean } from "./options.js";
import type { Parameter } from "./parameter.js";
import { checkLoadOptions, type LoadOptions, type LoadResult, matchStateDict, type StateDict } from "./state-dict.js";
import { Tensor } from "./tensor.js";
import { UNCLONEABLE } from "./uncloneable.js";

/** What all modules have in common, as in PyTorch's `nn.Module`: parameters, state dicts, modes, and an end. */
export abstract class Module {
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  #training = false;

  /** The parameters by name, in PyTorch's order. */
  abstract namedParameters(): [string, Parameter][];

  /** Gives the memory inside WebAssembly back now. Any later use is a `DISPOSED` error; calling it twice is not. */
  abstract dispose(): void;

  /** @internal Gives up on forwards that wait for their backward. */
  abstract forget(): void;

  /** The parameters in PyTorch's order. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Whether this module trains. It starts in eval mode: here inference is the common case, unlike in PyTorch. */
  get training(): boolean {
    return this.#training;
  }

  /** Switches to training mode, or with false to eval mode, which gives up on forwards that wait for their backward. */
  train(mode = true): this {
    this.#training = checkBoolean("mode", mode);
    if (!mode) this.forget();
    return this;
  }

  /** Switches to eval mode: no dropout. */
  eval(): this {
    return this.train(false);
  }

  /** Sets the gradients of all parameters to 0, and gives up on forwards that wait for their backward. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
    this.forget();
  }

  /** Copies of all parameters by PyTorch's names, each with `prefix` in front. */
  stateDict(options: Pick<LoadOptions, "prefix"> = {}): Record<string, Tensor> {
    const { prefix } = checkLoadOptions("stateDict", options, []);
    const copy = (parameter: Parameter) => new Tensor(parameter.peek().slice(), parameter.shape);
    return Object.fromEntries(this.namedParameters().map(([name, parameter]) => [prefix + name, copy(parameter)]));
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
    for (const [, parameter] of named) parameter.peek(); // throws once disposed, before anything is written
    for (const [index, tensor] of matched) named[index]?.[1].data.set(tensor.data);
    return result;
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
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
