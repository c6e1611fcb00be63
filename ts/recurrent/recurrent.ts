import {
  CELL_OPTIONS,
  type CheckedOptions,
  checkCount,
  checkOptions,
  DEFAULTS,
  STACK_OPTIONS,
} from "../checks/options.js";
import { ParameterModule } from "../parameters/parameter-module.js";
import { Pending } from "../parameters/pending.js";
import { LOADED } from "../parameters/state-dict.js";
import type { PackedSequence } from "../tensor/packed-sequence.js";
import type { Weights } from "../tensor/quantization.js";
import { randomSeed } from "../tensor/random.js";
import { sameValues } from "../tensor/shape.js";
import { blank, type Tensor } from "../tensor/tensor.js";
import { Call, type CallResult } from "./call.js";
import { byState, type Cell } from "./cells.js";
import { checkGradients } from "./gradients.js";
import { RnnHandle } from "./handle.js";
import type { DropoutDraw } from "./results.js";
import { readRows, writeRows } from "./rows.js";
import { sizesOf } from "./sizes.js";
import { blankState, checkState, readState, stateAt, writeState } from "./states.js";

/** What is known of a training forward that waits for its backward. */
interface Saved {
  readonly call: Call;
  readonly drawn: DropoutDraw | undefined;
}

/** What layers and single cells have in common beyond any module: a core inside WebAssembly, a seed, forward and backward. */
export abstract class Recurrent extends ParameterModule {
  /** @internal */
  declare protected readonly object: RnnHandle;
  /** @internal In the core's order. */
  override readonly pending: Pending<Saved>;
  /** @internal The call that the last backward went back through, while its norms are there. */
  protected done: Call | undefined;
  /** The last call of padded input. */
  #call: Call | undefined;
  #seed: number | undefined;

  /** @internal With the options that not every cell has; `single` for one step of one layer. */
  protected constructor(
    owner: string,
    cell: Cell,
    options: { seed?: number | undefined; [LOADED]?: Weights },
    own: readonly string[],
    single: boolean,
  ) {
    const checked = checkOptions(owner, options, single ? CELL_OPTIONS : STACK_OPTIONS, own);
    const { seed } = options;
    if (seed !== undefined) checkCount("seed", seed);
    const object = new RnnHandle(owner, sizesOf(cell, checked, single), checked, options[LOADED]);
    super(object);
    // All steps of a single cell wait until the sequence ends.
    this.pending = new Pending(owner, () => object.version(), single ? Infinity : undefined);
    this.#seed = seed;
    // fromStateDict is about to write all of them.
    if (!(LOADED in options)) this.#initialise();
  }

  /**
   * `reset_parameters`: every weight and bias uniform within 1 / sqrt(hidden_size), in the parameters' order; then
   * the LSTM's forget gate's biases, if they are given. Its gates are i, f, g, o.
   */
  #initialise(): void {
    const { hiddenSize } = this;
    const { forgetBias } = this.object.options;
    this.object.instance.kernels.stackDraw(this.object.id, this.seed, 1 / Math.sqrt(hiddenSize));
    if (forgetBias === undefined) return;
    for (const { object, index, name } of this.parameters()) {
      if (!name.startsWith("bias")) continue;
      object.view(index).fill(name.startsWith("bias_ih") ? forgetBias : 0, hiddenSize, 2 * hiddenSize);
    }
  }

  /** @internal The seed that was given, or one drawn by chance when it is first needed; edge runtimes forbid that at import. */
  protected get seed(): number {
    this.#seed ??= randomSeed();
    return this.#seed;
  }

  /** Values in each row of the input. */
  get inputSize(): number {
    return this.object.options.inputSize;
  }
  /** Units of the cell. */
  get hiddenSize(): number {
    return this.object.options.hiddenSize;
  }
  /** Whether `bias_ih` and `bias_hh` exist. */
  get bias(): boolean {
    return this.object.options.bias;
  }

  /** What `weight_ih`, `weight_hh` and `weight_hr` are; integers cannot be trained. Biases are float32 always. */
  get weights(): Weights {
    return this.object.weights;
  }

  /** @internal */
  override checkTrainable(): void {
    this.object.checkFloat("train()");
  }

  /** @internal What to run over such input: the last call again where it fits, so that a steady loop makes none. */
  protected callOf(shape: readonly number[], packed: PackedSequence | undefined): Call {
    const { sizes } = this.object;
    if (packed !== undefined) return new Call(sizes, shape, packed);
    if (this.#call === undefined || !sameValues(this.#call.inputShape, shape)) this.#call = new Call(sizes, shape);
    return this.#call;
  }

  /** @internal A forward; `keeps` what a trace or a backward needs, and `trains` if it is for a backward. */
  protected run(
    call: Call,
    input: Float32Array,
    state: unknown,
    out: CallResult | undefined,
    keeps: boolean,
    trains: boolean,
  ): CallResult {
    const { object } = this;
    const { instance } = object;
    const { columns, states, stateNames } = object.sizes;
    const { order, packed } = call;
    const before = checkState(stateNames, state, call.stateShapes, false);

    object.id; // throws once disposed, which a getter of the caller's objects may just have done
    if (keeps || !object.holds(call)) {
      // Room for another backward is made where the norms of the last one lie.
      if (keeps) this.done = undefined;
      object.reserve(call, keeps, trains ? object.options.checkpointEvery : 0);
    }
    const { floats } = instance;
    writeRows(floats, object.input, input);
    if (packed !== undefined) instance.words.set(packed.batchSizes, object.batchSizes);
    writeState(floats, object.states, before, states * call.batch, columns, order);
    const drawn = trains ? this.nextDraw() : undefined;
    object.forward(call.batchFirst, packed !== undefined, keeps, drawn);

    const result = out ?? call.emptyResult();
    const output = result[0];
    readRows(floats, object.output, (packed === undefined ? (output as Tensor) : (output.data as Tensor)).data);
    readState(floats, object.states, result[1], columns, order);
    if (trains) {
      object.trained = true;
      this.pending.push(output, { call: call.remembered(), drawn });
    }
    return result;
  }

  /** @internal What a training forward draws its dropout masks from. */
  protected nextDraw(): DropoutDraw | undefined {
    return undefined;
  }

  /** @internal A backward through what was saved of a forward: the gradients of the input and the states before. */
  protected runBack(saved: Saved, gradOutput: unknown, gradState: unknown) {
    const { object } = this;
    const { call } = saved;
    const { columns, outputSize, stateNames, states } = object.sizes;
    const given = checkGradients(call, gradOutput, gradState);

    object.id; // a getter of the caller's objects may have disposed it, or gone back already
    const index = this.pending.indexOf(saved, this.training);
    const { floats } = object.instance;
    const at = object.gradients();
    if (given.output === undefined) floats.fill(0, at.output, at.output + call.rows * outputSize);
    else floats.set(given.output, at.output);
    writeState(floats, at.states, given.state, states * call.batch, columns, call.order);
    object.backward(index);
    this.pending.remove(index);
    this.done = call;

    const input = blank(call.inputShape);
    const before = blankState(call.stateShapes);
    readRows(floats, at.input, input.data);
    readState(floats, at.states, before, columns, call.order);
    return { input: call.rowsOf(input), ...byState(stateNames, (state) => stateAt(before, state)) };
  }

  /** The constructor call that made it, defaults left out. */
  override toString(): string {
    const { owner, options } = this.object;
    const shown = Object.entries(options).filter(([name, value]) => value !== DEFAULTS[name as keyof CheckedOptions]);
    return `${owner}({ ${shown.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ")} })`;
  }

  override discardPending(): void {
    super.discardPending();
    this.object.forget();
  }

  /** It does: rows of one sequence belong together. */
  override get takesPacked(): boolean {
    return true;
  }
}
