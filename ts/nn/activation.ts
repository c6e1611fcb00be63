import { checkCount, checkObject, checkProbability, checkSeed } from "../checks/options.js";
import { Module } from "../parameters/module.js";
import { type BackwardOptions, Pending } from "../parameters/pending.js";
import type { DropoutDraw } from "../recurrent/results.js";
import { randomSeed } from "../tensor/random.js";
import { tensorOfShape } from "../tensor/shape.js";
import { asTensor, Tensor, type TensorInput } from "../tensor/tensor.js";
import { mapped } from "../wasm/workspace.js";
import { sigmoid } from "./functions.js";
import { checkOneInput } from "./one-input.js";

/** A module without parameters that maps each value by itself. `Kept` is what backward needs of a forward. */
abstract class Elementwise<Kept> extends Module {
  /** @internal The output has the shape of the input, and each column comes of the same column. */
  readonly keeps = "shape";
  /** @internal What the constructor makes another of. */
  given(): object {
    return {};
  }
  /** @internal */
  override readonly pending = new Pending<{ kept: Kept; shape: readonly number[] }>(this.constructor.name, () => 0);

  /** @internal The new values, and what to keep. */
  protected abstract map(values: Float32Array): { values: Float32Array; kept: Kept };
  /** @internal The gradient of the input, from that of the output. */
  protected abstract back(gradient: Float32Array, kept: Kept): Float32Array;

  /** A tensor of any shape to one of the same. */
  forward(input: TensorInput): Tensor;
  forward(input: TensorInput, ...more: unknown[]): Tensor {
    this.checkAlive();
    checkOneInput(this, more);
    const { data, shape } = asTensor("input", input);
    this.checkAlive(); // a getter of the caller's objects may have disposed it
    const { values, kept } = this.map(data);
    const output = new Tensor(values, shape);
    if (this.training) this.pending.push(output, { kept, shape });
    return output;
  }

  /**
   * Goes back through a forward in training mode.
   *
   * @param options.of the output of the forward that is meant; needed if several wait
   * @throws LSTMError `NO_FORWARD` without such a forward, or twice; `STALE_FORWARD` if several forwards wait and none is
   *   named; `SHAPE_MISMATCH`, `DTYPE`
   */
  backward(gradOutput: TensorInput, options?: BackwardOptions): Tensor {
    this.checkAlive();
    const saved = this.pending.find(this.training, options);
    const { data } = tensorOfShape("gradOutput", gradOutput, saved.shape);
    this.checkAlive(); // a getter of the caller's objects may have disposed it, or gone back already
    const index = this.pending.indexOf(saved, this.training);
    const gradient = this.back(data, saved.kept);
    this.pending.remove(index);
    return new Tensor(gradient, saved.shape);
  }

  /** @internal */
  override discardLast(): void {
    const last = this.pending.removeLast();
    if (last !== undefined) this.undo(last.kept);
  }

  /** @internal Takes back what a forward has changed in the module. */
  protected undo(_: Kept): void {}
}

/** What `new Dropout` takes. */
export interface DropoutOptions {
  /** The probability of zeroing a value; 0.5 by default. */
  p?: number | undefined;
  /** What the masks follow from; drawn by chance by default. Two modules with one seed drop alike. */
  seed?: number | undefined;
}

/**
 * `torch.nn.Dropout`: in training mode zeroes values by chance and scales the others by `1 / (1 - p)`. Each mask follows
 * from `dropoutDraw`, so it can be replayed.
 */
export class Dropout extends Elementwise<DropoutDraw | undefined> {
  static override readonly name: string = "Dropout";
  /** The probability of zeroing a value. */
  readonly p: number;
  #seed: number | undefined;
  #call = 0;

  /** @throws LSTMError `OPTION` for a `p` outside of 0 to 1, or for a seed that is no integer from 0 to 2^53 - 1 */
  constructor(options: DropoutOptions = {}) {
    const given = checkObject("Dropout", options, ["p", "seed"]);
    super();
    this.p = checkProbability("p", given.p ?? 0.5);
    this.#seed = checkSeed(given.seed);
  }

  /** What the next training forward draws its mask from; set an earlier value to replay that mask. */
  get dropoutDraw(): DropoutDraw {
    this.#seed ??= randomSeed();
    return { seed: this.#seed, call: this.#call };
  }
  set dropoutDraw(draw: DropoutDraw) {
    const given = checkObject("dropoutDraw", draw, ["seed", "call"]);
    const [seed, call] = [checkCount("seed", given.seed), checkCount("call", given.call)];
    this.#seed = seed;
    this.#call = call;
  }

  /** @internal */
  protected override map(values: Float32Array) {
    if (!this.training || this.p === 0) return { values: values.slice(), kept: undefined };
    const kept = this.dropoutDraw;
    const dropped = this.#drop(values, kept);
    this.#call++;
    return { values: dropped, kept };
  }

  /** @internal */
  protected override back(gradient: Float32Array, kept: DropoutDraw | undefined): Float32Array {
    return kept === undefined ? gradient.slice() : this.#drop(gradient, kept);
  }

  /** @internal */
  protected override undo(kept: DropoutDraw | undefined): void {
    if (kept !== undefined) this.dropoutDraw = kept;
  }

  #drop(values: Float32Array, { seed, call }: DropoutDraw): Float32Array {
    return mapped(values, (kernels) => kernels.workspaceDropout(values.length, this.p, seed, call));
  }

  /** @internal */
  override given(): DropoutOptions {
    return { p: this.p };
  }

  override toString(): string {
    return `Dropout({ p: ${this.p} })`;
  }
}

/** `torch.nn.ReLU`: max(x, 0). */
export class ReLU extends Elementwise<Float32Array> {
  static override readonly name: string = "ReLU";

  /** @internal */
  protected override map(values: Float32Array) {
    const result = values.map((x) => Math.max(x, 0));
    return { values: result, kept: this.training ? result.slice() : result };
  }

  /** @internal */
  protected override back(gradient: Float32Array, result: Float32Array): Float32Array {
    return gradient.map((d, i) => ((result[i] as number) <= 0 ? 0 : d));
  }
}

/** `torch.nn.Sigmoid`: 1 / (1 + e^-x). */
export class Sigmoid extends Elementwise<Float32Array> {
  static override readonly name: string = "Sigmoid";

  /** @internal */
  protected override map(values: Float32Array) {
    const { data } = sigmoid(new Tensor(values));
    return { values: data, kept: this.training ? data.slice() : data };
  }

  /** @internal */
  protected override back(gradient: Float32Array, result: Float32Array): Float32Array {
    return gradient.map((d, i) => d * (result[i] as number) * (1 - (result[i] as number)));
  }
}

/** `torch.nn.Tanh`. */
export class Tanh extends Elementwise<Float32Array> {
  static override readonly name: string = "Tanh";

  /** @internal */
  protected override map(values: Float32Array) {
    const result = mapped(values, (kernels) => kernels.workspaceTanh(values.length));
    return { values: result, kept: this.training ? result.slice() : result };
  }

  /** @internal */
  protected override back(gradient: Float32Array, result: Float32Array): Float32Array {
    return gradient.map((d, i) => d * (1 - (result[i] as number) ** 2));
  }
}
