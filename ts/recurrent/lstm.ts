import { LSTMError } from "../checks/errors.js";
import { checkOptions, LSTM_OPTIONS, type LSTMOptions } from "../checks/options.js";
import { type BackwardOptions, Pending } from "../parameters/pending.js";
import {
  checkLoadOptions,
  inferSizes,
  LOADED,
  type LoadOptions,
  loaded,
  type StateDict,
} from "../parameters/state-dict.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { readStates, sameValues } from "../tensor/shape.js";
import { asTensor, blank, type Tensor, type TensorInput } from "../tensor/tensor.js";
import { Call, Sizes } from "./call.js";
import { readGradients, writeStates } from "./gradients.js";
import { RecurrentStack } from "./recurrent-stack.js";
import type {
  DropoutDraw,
  ForwardOptions,
  GradientNorms,
  Gradients,
  GradState,
  Result,
  StateInput,
  Trace,
  Traced,
  TraceOptions,
} from "./results.js";
import { readRows, readSortedRows, writeRows } from "./rows.js";
import { LSTMStream, type StreamOptions } from "./stream.js";
import { checkOnly, readNorms, readTrace } from "./trace.js";

/**
 * `torch.nn.LSTM`: a stack of LSTM layers, each in one or both directions.
 *
 * ```ts
 * const lstm = new LSTM({ inputSize: 5, hiddenSize: 6, numLayers: 2 });
 * const [output, [hn, cn]] = lstm.forward(Tensor.randn([1, 3, 5])); // (seq, batch, input)
 * ```
 */
export class LSTM extends RecurrentStack {
  static override readonly name = "LSTM";
  readonly #sizes: Sizes;
  /** The last call of padded input. */
  #call: Call | undefined;
  /** @internal In the core's order. */
  override readonly pending = new Pending<{ readonly call: Call; readonly drawn: DropoutDraw | undefined }>(
    "LSTM",
    () => this.object.version(),
  );
  /** The one that the last backward went back through. */
  #done: Call | undefined;

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: LSTMOptions) {
    const checked = checkOptions("LSTM", options, LSTM_OPTIONS);
    super("LSTM", checked, options.seed, true);
    this.#sizes = new Sizes(checked);
    // fromStateDict is about to write all of them.
    if (!(LOADED in options)) this.initialise();
    if (checked.dropout > 0 && checked.numLayers === 1) {
      globalThis.console?.warn(
        `LSTM: dropout acts on the outputs of all layers but the last; with numLayers 1, dropout ${checked.dropout} does nothing`,
      );
    }
  }

  /** An LSTM with the parameters of a state dict, every size read off their names and shapes. */
  static fromStateDict(
    dict: StateDict,
    options: Pick<LoadOptions, "prefix"> & Pick<LSTMOptions, "batchFirst" | "dropout" | "checkpointEvery"> = {},
  ): LSTM {
    const { prefix } = checkLoadOptions("LSTM.fromStateDict", options, ["batchFirst", "dropout", "checkpointEvery"]);
    const { batchFirst, dropout, checkpointEvery } = options;
    const sizes = inferSizes(dict, prefix);
    const lstm = new LSTM({ ...sizes, batchFirst, dropout, checkpointEvery, [LOADED]: true } as LSTMOptions);
    return loaded(lstm, dict, prefix);
  }

  /**
   * Runs all layers over a batch of sequences, (seq, batch, input) or with `batchFirst` (batch, seq, input), over one
   * sequence (seq, input), or over a packed batch.
   *
   * @param state `[h0, c0]`: (layers * directions, batch, H_out) and (layers * directions, batch, H), both without
   *   `batch` for one sequence; zeros by default
   * @returns `[output, [hn, cn]]`: output as the input with D * H_out columns, and the last states, shaped as h0 and c0
   * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `STATE`, `OUT_OF_MEMORY`, `DISPOSED`; the LSTM stays usable
   */
  forward(
    input: PackedSequence,
    state?: StateInput | null,
    options?: ForwardOptions<PackedSequence>,
  ): Result<PackedSequence>;
  /** `forward` of padded sequences or of one sequence. */
  forward(input: TensorInput, state?: StateInput | null, options?: ForwardOptions<Tensor>): Result<Tensor>;
  forward(
    input: TensorInput | PackedSequence,
    state?: StateInput | null,
    options?: ForwardOptions<Tensor> | ForwardOptions<PackedSequence>,
  ): Result<Tensor> | Result<PackedSequence> {
    this.object.id; // throws once disposed
    const { training } = this;
    // Its fields may have been assigned to since it was packed: `from` checks them again.
    const packed = input instanceof PackedSequence ? PackedSequence.from(input) : undefined;
    const { data, shape } = packed?.data ?? asTensor("input", input);
    const call = this.#callOf(shape, packed);
    const out = call.readOut(options);
    const result = this.#run(call, data, state, out, training, training);
    if (training) {
      this.object.trained = true;
      this.pending.push(result[0], { call: call.remembered(), drawn: this.lastDraw });
    }
    return result as Result<Tensor> | Result<PackedSequence>;
  }

  /**
   * `forward` that shows what happens inside: the gates and states of every layer and direction at every step, with the
   * bits of `forward`, without dropout, and without touching a forward that waits for its backward.
   *
   * @param options.only which tensors to copy out: `["c"]` for the cell states alone
   */
  trace<Name extends Traced = Traced>(
    input: PackedSequence,
    state?: StateInput | null,
    options?: TraceOptions<Name>,
  ): Trace<PackedSequence, Name>;
  /** `trace` of padded sequences or of one sequence. */
  trace<Name extends Traced = Traced>(
    input: TensorInput,
    state?: StateInput | null,
    options?: TraceOptions<Name>,
  ): Trace<Tensor, Name>;
  trace(
    input: TensorInput | PackedSequence,
    state?: StateInput | null,
    options: TraceOptions = {},
  ): Trace<Tensor> | Trace<PackedSequence> {
    this.object.id; // throws once disposed
    const only = checkOnly(options);
    // Its fields may have been assigned to since it was packed: `from` checks them again.
    const packed = input instanceof PackedSequence ? PackedSequence.from(input) : undefined;
    const { data, shape } = packed?.data ?? asTensor("input", input);
    const call = this.#callOf(shape, packed);
    const [output, [hn, cn]] = this.#run(call, data, state, undefined, true, false);
    try {
      const layers = readTrace(this.object, call, only);
      return { output, hn, cn, layers } as Trace<Tensor> | Trace<PackedSequence>;
    } finally {
      this.object.forget(false); // it is no training forward
    }
  }

  /** What to run over input of this shape: the last call again where it fits, so that a steady loop makes none. */
  #callOf(shape: readonly number[], packed: PackedSequence | undefined): Call {
    if (packed !== undefined) return new Call(this.#sizes, shape, packed);
    if (this.#call === undefined || !sameValues(this.#call.inputShape, shape)) {
      this.#call = new Call(this.#sizes, shape);
    }
    return this.#call;
  }

  #run(
    call: Call,
    input: Float32Array,
    state: unknown,
    out: Result<Tensor | PackedSequence> | undefined,
    keeps: boolean,
    trains: boolean,
  ): Result<Tensor | PackedSequence> {
    const { object } = this;
    const { instance } = object;
    const { hSize, hiddenSize } = this.#sizes;
    const { order, packed } = call;
    const states = readStates("h0", "c0", state, call.hShape, call.cShape);

    object.id; // throws once disposed, which a getter of the caller's objects may just have done
    if (keeps || !object.holds(call)) {
      // Room for another backward is made where the norms of the last one lie.
      if (keeps) this.#done = undefined;
      object.reserve(call, keeps, trains ? this.checkpointEvery : 0);
    }
    const { floats } = instance;
    writeRows(floats, object.input, input);
    if (packed !== undefined) instance.words.set(packed.batchSizes, object.batchSizes);
    writeStates(object, call, object, states?.[0].data, states?.[1].data);
    object.forward(call.batchFirst, packed !== undefined, keeps, trains ? this.nextDraw() : undefined);

    const result = out ?? call.emptyResult();
    const [output, last] = result;
    readRows(floats, object.output, (packed === undefined ? (output as Tensor) : (output.data as Tensor)).data);
    readSortedRows(floats, object.h, last[0].data, hSize, order);
    readSortedRows(floats, object.c, last[1].data, hiddenSize, order);
    return result;
  }

  /**
   * Goes back through a forward in training mode: adds to every `parameter.grad` and returns the gradients of the forward's
   * input, h0 and c0, shaped as they were (of h0 and c0 also where zeros stood in for them).
   *
   * @param gradOutput the gradient of the output, shaped or packed as the output was; zeros if left out
   * @param gradState `[gradHn, gradCn]`, each may be undefined for zeros; not all three may be missing
   * @param options.of the output of the forward that is meant; needed if several wait
   * @throws LSTMError `NO_FORWARD` without such a forward, or twice; `STALE_FORWARD` if the weights changed since, or if
   *   several forwards wait and none is named; `SHAPE_MISMATCH`, `DTYPE`, `STATE`. The forward then waits on.
   */
  backward(gradOutput: PackedSequence, gradState?: GradState, options?: BackwardOptions): Gradients<PackedSequence>;
  /** `backward` after a forward of padded sequences or of one sequence. */
  backward(gradOutput: TensorInput, gradState?: GradState, options?: BackwardOptions): Gradients<Tensor>;
  /** `backward` with zeros for the gradient of the output. */
  backward(gradOutput?: null, gradState?: GradState, options?: BackwardOptions): Gradients<Tensor | PackedSequence>;
  backward(
    gradOutput?: TensorInput | PackedSequence | null,
    gradState?: GradState,
    options?: BackwardOptions,
  ): Gradients<Tensor> | Gradients<PackedSequence> | Gradients<Tensor | PackedSequence> {
    const { object } = this;
    object.id; // throws once disposed
    const saved = this.pending.find(this.training, options);
    const { call } = saved;
    const { hSize, hiddenSize, outputSize } = this.#sizes;
    const { order } = call;
    const given = readGradients(call, gradOutput, gradState);

    object.id; // a getter of the caller's objects may have disposed it, or gone back already
    const index = this.pending.indexOf(saved, this.training);
    const { floats } = object.instance;
    const at = object.gradients();
    if (given.output === undefined) floats.fill(0, at.output, at.output + call.rows * outputSize);
    else floats.set(given.output, at.output);
    writeStates(object, call, at, given.h, given.c);
    object.backward(index);
    this.pending.remove(index);
    this.#done = call;

    const [input, h0, c0] = [blank(call.inputShape), blank(call.hShape), blank(call.cShape)];
    readRows(floats, at.input, input.data);
    readSortedRows(floats, at.h, h0.data, hSize, order);
    readSortedRows(floats, at.c, c0.data, hiddenSize, order);
    return { input: call.rowsOf(input), h0, c0 };
  }

  /**
   * The norms of dL/dh(t) and dL/dc(t) at every step of the last `backward`, for every direction of every layer: where
   * gradients vanish or explode. To be read before the next training forward or trace.
   *
   * @throws LSTMError `NO_FORWARD` before a backward, or after the next training forward
   */
  gradientNorms(): GradientNorms[] {
    this.object.id; // throws once disposed
    if (this.#done === undefined)
      throw new LSTMError(
        "NO_FORWARD",
        "gradientNorms: there was no backward since the last training forward or trace",
      );
    return readNorms(this.object, this.#done);
  }

  /** @internal */
  override discardLast(): void {
    this.object.forget(false);
    const last = this.pending.removeLast();
    if (last?.drawn !== undefined) this.dropoutDraw = last.drawn;
  }

  /**
   * The same LSTM step by step, its state kept between steps: for audio, sensors and text as it is typed.
   *
   * @throws LSTMError `OPTION` if this LSTM is bidirectional: a stream has no end to read back from
   */
  stream(options: StreamOptions = {}): LSTMStream {
    return new LSTMStream(this.object, options);
  }
}
