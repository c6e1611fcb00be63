import { LSTMError } from "../checks/errors.js";
import { checkCount, checkObject } from "../checks/options.js";
import type { BackwardOptions } from "../parameters/pending.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { asTensor, type Tensor, type TensorInput } from "../tensor/tensor.js";
import { byState, type Cell, type StateName } from "./cells.js";
import { Recurrent } from "./recurrent.js";
import type {
  DropoutDraw,
  ForwardOptions,
  GradientNorms,
  Gradients,
  GradState,
  Result,
  StateInput,
  Trace,
  TraceOptions,
} from "./results.js";
import { stateAt } from "./states.js";
import { RecurrentStream, type StreamOptions } from "./stream.js";
import { checkOnly, readNorms, readTrace } from "./trace.js";

/**
 * Layers of any cell, each in one or both directions: all that LSTM, GRU and RNN do.
 *
 * `States` is which states the cell has, `Names` what a trace of it can show.
 */
export abstract class RecurrentStack<States extends StateName, Names extends string> extends Recurrent {
  #draw: DropoutDraw | undefined;

  /** @internal With the options that not every cell has. */
  protected constructor(cell: Cell, options: object, own: readonly string[]) {
    const { name } = cell;
    super(name, cell, options, own, false);
    if (this.dropout > 0 && this.numLayers === 1) {
      globalThis.console?.warn(
        `${name}: dropout acts on the outputs of all layers but the last; with numLayers 1, dropout ${this.dropout} does nothing`,
      );
    }
  }

  /** Layers, each reading the output of the one below. */
  get numLayers(): number {
    return this.object.options.numLayers;
  }
  /** Whether input and output are (batch, seq, .) instead of (seq, batch, .). */
  get batchFirst(): boolean {
    return this.object.options.batchFirst;
  }
  /** In training, the probability of zeroing a value between two layers. */
  get dropout(): number {
    return this.object.options.dropout;
  }
  /** Whether each layer also reads the sequence backwards. */
  get bidirectional(): boolean {
    return this.object.options.bidirectional;
  }
  /** In training, the state is kept only every so many steps; 0 if at each. */
  get checkpointEvery(): number {
    return this.object.options.checkpointEvery;
  }

  /**
   * Runs all layers over a batch of sequences, (seq, batch, input) or with `batchFirst` (batch, seq, input), over one
   * sequence (seq, input), or over a packed batch.
   *
   * @param state h0, (layers * directions, batch, H_out), and of an LSTM `[h0, c0]` with c0 (layers * directions, batch, H);
   *   without `batch` for one sequence; zeros by default
   * @returns `[output, hn]`, of an LSTM `[output, [hn, cn]]`: output as the input with D * H_out columns, and the last
   *   states, shaped as h0 and c0
   * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `STATE`, `OUT_OF_MEMORY`, `DISPOSED`; the module stays usable
   */
  forward(
    input: PackedSequence,
    state?: StateInput<States> | null,
    options?: ForwardOptions<PackedSequence, States>,
  ): Result<PackedSequence, States>;
  /** `forward` of padded sequences or of one sequence. */
  forward(
    input: TensorInput,
    state?: StateInput<States> | null,
    options?: ForwardOptions<Tensor, States>,
  ): Result<Tensor, States>;
  forward(
    input: TensorInput | PackedSequence,
    state?: StateInput<States> | null,
    options?: ForwardOptions<Tensor, States> | ForwardOptions<PackedSequence, States>,
  ): Result<Tensor, States> | Result<PackedSequence, States> {
    this.object.id; // throws once disposed
    const { training } = this;
    // Its fields may have been assigned to since it was packed: `from` checks them again.
    const packed = input instanceof PackedSequence ? PackedSequence.from(input) : undefined;
    const { data, shape } = packed?.data ?? asTensor("input", input);
    const call = this.callOf(shape, packed);
    return this.run(call, data, state, call.readOut(options), training, training) as
      | Result<Tensor, States>
      | Result<PackedSequence, States>;
  }

  /**
   * `forward` that shows what happens inside: the gates and states of every layer and direction at every step, with the
   * bits of `forward`, without dropout, and without touching a forward that waits for its backward.
   *
   * @param options.only which tensors to copy out: `["h"]` for the hidden states alone
   * @throws LSTMError as `forward`; `OPTION` for a name that the cell does not have
   */
  trace<Name extends Names = Names>(
    input: PackedSequence,
    state?: StateInput<States> | null,
    options?: TraceOptions<Name>,
  ): Trace<PackedSequence, Name, States>;
  /** `trace` of padded sequences or of one sequence. */
  trace<Name extends Names = Names>(
    input: TensorInput,
    state?: StateInput<States> | null,
    options?: TraceOptions<Name>,
  ): Trace<Tensor, Name, States>;
  trace(input: TensorInput | PackedSequence, state?: StateInput<States> | null, options: object = {}): object {
    this.object.id; // throws once disposed
    const { cell } = this.object.sizes;
    const only = checkOnly(cell, options);
    // Its fields may have been assigned to since it was packed: `from` checks them again.
    const packed = input instanceof PackedSequence ? PackedSequence.from(input) : undefined;
    const { data, shape } = packed?.data ?? asTensor("input", input);
    const call = this.callOf(shape, packed);
    const [output, last] = this.run(call, data, state, undefined, true, false);
    try {
      const layers = readTrace(this.object, call, only);
      return {
        output,
        ...byState(
          cell.states.map((name) => `${name}n`),
          (state) => stateAt(last, state),
        ),
        layers,
      };
    } finally {
      this.object.forget(false); // it is no training forward
    }
  }

  /**
   * Goes back through a forward in training mode: adds to every `parameter.grad` and returns the gradients of the forward's
   * input, h0 and of an LSTM c0, shaped as they were (of h0 and c0 also where zeros stood in for them).
   *
   * @param gradOutput the gradient of the output, shaped or packed as the output was; zeros if left out
   * @param gradState the gradient of hn, of an LSTM `[gradHn, gradCn]`; each may be undefined for zeros, but not all
   * @param options.of the output of the forward that is meant; needed if several wait
   * @throws LSTMError `NO_FORWARD` without such a forward, or twice; `STALE_FORWARD` if the weights changed since, or if
   *   several forwards wait and none is named; `SHAPE_MISMATCH`, `DTYPE`, `STATE`. The forward then waits on.
   */
  backward(
    gradOutput: PackedSequence,
    gradState?: GradState<States>,
    options?: BackwardOptions,
  ): Gradients<PackedSequence, States>;
  /** `backward` after a forward of padded sequences or of one sequence. */
  backward(
    gradOutput: TensorInput,
    gradState?: GradState<States>,
    options?: BackwardOptions,
  ): Gradients<Tensor, States>;
  /** `backward` with zeros for the gradient of the output. */
  backward(
    gradOutput?: null,
    gradState?: GradState<States>,
    options?: BackwardOptions,
  ): Gradients<Tensor | PackedSequence, States>;
  backward(
    gradOutput?: TensorInput | PackedSequence | null,
    gradState?: GradState<States>,
    options?: BackwardOptions,
  ): Gradients<Tensor, States> | Gradients<PackedSequence, States> | Gradients<Tensor | PackedSequence, States> {
    this.object.id; // throws once disposed
    const saved = this.pending.find(this.training, options);
    return this.runBack(saved, gradOutput, gradState) as Gradients<Tensor | PackedSequence, States>;
  }

  /**
   * The norms of dL/dh(t), and of an LSTM dL/dc(t), at every step of the last `backward`, for every direction of every
   * layer: where gradients vanish or explode. To be read before the next training forward or trace.
   *
   * @throws LSTMError `NO_FORWARD` before a backward, or after the next training forward
   */
  gradientNorms(): GradientNorms<States>[] {
    this.object.id; // throws once disposed
    if (this.done === undefined)
      throw new LSTMError(
        "NO_FORWARD",
        "gradientNorms: there was no backward since the last training forward or trace",
      );
    return readNorms(this.object, this.done) as GradientNorms<States>[];
  }

  /** @internal */
  override discardLast(): void {
    this.object.forget(false);
    const last = this.pending.removeLast();
    if (last?.drawn !== undefined) this.#draw = last.drawn;
  }

  /**
   * The same layers step by step, their state kept between steps: for audio, sensors and text as it is typed.
   *
   * @throws LSTMError `OPTION` if they are bidirectional: a stream has no end to read back from
   */
  stream(options: StreamOptions = {}): RecurrentStream<States> {
    return new RecurrentStream(this.object, options);
  }

  /**
   * What the next training forward draws its dropout masks from: the seed, and how many such forwards there were. Set an
   * earlier value to replay its masks.
   */
  get dropoutDraw(): DropoutDraw {
    this.#draw ??= { seed: this.seed, call: 0 };
    return { ...this.#draw };
  }
  set dropoutDraw(draw: DropoutDraw) {
    const given = checkObject("dropoutDraw", draw, ["seed", "call"]);
    this.#draw = { seed: checkCount("seed", given.seed), call: checkCount("call", given.call) };
  }

  /** @internal */
  protected override nextDraw(): DropoutDraw | undefined {
    if (this.dropout === 0) return undefined;
    const draw = this.dropoutDraw;
    this.#draw = { ...draw, call: draw.call + 1 };
    return draw;
  }
}
