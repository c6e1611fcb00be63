import { describe } from "./describe.js";
import { LSTMError } from "./errors.js";
import { checkCount, checkObject, checkOptions, LSTM_OPTIONS, type LSTMOptions } from "./options.js";
import { PackedSequence } from "./packed-sequence.js";
import { Recurrent } from "./recurrent.js";
import { readRows, readSortedRows, writeSortedRows } from "./rows.js";
import { checkLoadOptions, inferSizes, type LoadOptions, type StateDict, sameShape } from "./state-dict.js";
import { LSTMStream, type StreamOptions } from "./stream.js";
import { asTensor, Tensor, type TensorInput } from "./tensor.js";

/** `[h0, c0]`, both (layers * directions, batch, .), or without the batch dimension for unbatched input. */
export type StateInput = readonly [h0: TensorInput, c0: TensorInput];

/** What forward returns: `[output, [hn, cn]]`. */
export type Result<Output> = [output: Output, state: [hn: Tensor, cn: Tensor]];

/** Options of one forward. */
export interface ForwardOptions<Output> {
  /** An earlier result of the same shapes to write into; it is returned, and nothing new is made. */
  out?: Result<Output> | undefined;
}

/** A sequence batch on its way through: its shape, its rows, and who stands where. */
interface Call {
  readonly data: Float32Array;
  /** Leading dimensions of the output, in front of D * H_out. */
  readonly leading: readonly number[];
  readonly steps: number;
  readonly batch: number;
  readonly rows: number;
  readonly packed: PackedSequence | undefined;
  readonly unbatched: boolean;
}

/**
 * `torch.nn.LSTM`: a stack of LSTM layers, each in one or both directions.
 *
 * ```ts
 * const lstm = new LSTM({ inputSize: 5, hiddenSize: 6, numLayers: 2 });
 * const [output, [hn, cn]] = lstm.forward(Tensor.randn([1, 3, 5])); // (seq, batch, input)
 * ```
 */
export class LSTM extends Recurrent {
  static override readonly name = "LSTM";
  readonly #draw = { seed: this.seed, call: 0 };

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: LSTMOptions) {
    const checked = checkOptions("LSTM", options, LSTM_OPTIONS);
    super("LSTM", checked, options.seed, true);
    if (checked.dropout > 0 && checked.numLayers === 1) {
      globalThis.console?.warn(
        `LSTM: dropout acts on the outputs of all layers but the last; with numLayers 1, dropout ${checked.dropout} does nothing`,
      );
    }
  }

  /** An LSTM with the parameters of a state dict, every size read off their names and shapes. */
  static fromStateDict(
    dict: StateDict,
    options: Pick<LoadOptions, "prefix"> & Pick<LSTMOptions, "batchFirst" | "dropout"> = {},
  ): LSTM {
    const { prefix } = checkLoadOptions("LSTM.fromStateDict", options, ["batchFirst", "dropout"]);
    const { batchFirst, dropout } = options;
    const lstm = new LSTM({ ...inferSizes(dict, prefix), batchFirst, dropout });
    try {
      lstm.loadStateDict(dict, { prefix });
    } catch (error) {
      lstm.dispose();
      throw error;
    }
    return lstm;
  }

  get numLayers(): number {
    return this.core.options.numLayers;
  }
  get batchFirst(): boolean {
    return this.core.options.batchFirst;
  }
  get dropout(): number {
    return this.core.options.dropout;
  }
  get bidirectional(): boolean {
    return this.core.options.bidirectional;
  }
  get projSize(): number {
    return this.core.options.projSize;
  }

  /**
   * What the next training forward draws its dropout masks from: the seed, and how many such forwards there were. Set an
   * earlier value to replay its masks.
   */
  get dropoutDraw(): { seed: number; call: number } {
    return { ...this.#draw };
  }
  set dropoutDraw(draw: { seed: number; call: number }) {
    const given = checkObject("dropoutDraw", draw, ["seed", "call"]);
    const { seed, call } = { seed: checkCount("seed", given.seed), call: checkCount("call", given.call) };
    Object.assign(this.#draw, { seed, call });
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
  forward(input: TensorInput, state?: StateInput | null, options?: ForwardOptions<Tensor>): Result<Tensor>;
  forward(
    input: TensorInput | PackedSequence,
    state?: StateInput | null,
    options?: ForwardOptions<Tensor> | ForwardOptions<PackedSequence>,
  ): Result<Tensor> | Result<PackedSequence> {
    const { core } = this;
    core.id; // throws once disposed
    const call = this.#read(input);
    const states = this.#readState(state, call);
    const out = this.#readOut(options, call);

    core.reserve(call);
    const floats = core.instance.floats;
    floats.set(call.data, core.input);
    const order = call.packed?.sortedIndices ?? null;
    if (call.packed !== undefined) core.instance.words.set(call.packed.batchSizes, core.batchSizes);
    const [hLength, cLength] = [this.#states * call.batch * this.#hSize, this.#states * call.batch * this.hiddenSize];
    if (states === undefined) {
      floats.fill(0, core.h, core.h + hLength);
      floats.fill(0, core.c, core.c + cLength);
    } else {
      writeSortedRows(floats, core.h, states[0].data, this.#hSize, order);
      writeSortedRows(floats, core.c, states[1].data, this.hiddenSize, order);
    }
    const masks = this.training && this.dropout > 0 ? this.#draw.call++ : -1;
    core.forward(this.batchFirst && !call.unbatched, call.packed !== undefined, this.#draw.seed, masks);

    const result = out ?? this.#empty(call);
    const [output, [hn, cn]] = result;
    const values = output instanceof PackedSequence ? output.data.data : output.data;
    readRows(floats, core.output, values);
    readSortedRows(floats, core.h, hn.data, this.#hSize, order);
    readSortedRows(floats, core.c, cn.data, this.hiddenSize, order);
    return result;
  }

  /**
   * The same LSTM step by step, its state kept between steps: for audio, sensors and text as it is typed.
   *
   * @throws LSTMError `OPTION` if this LSTM is bidirectional: a stream has no end to read back from
   */
  stream(options: StreamOptions = {}): LSTMStream {
    return new LSTMStream(this.core, options);
  }

  /** `D * layers`, the leading dimension of h and c. */
  get #states(): number {
    return this.numLayers * (this.bidirectional ? 2 : 1);
  }

  /** `H_out`, the columns of h. */
  get #hSize(): number {
    return this.projSize > 0 ? this.projSize : this.hiddenSize;
  }

  get #outputSize(): number {
    return this.#hSize * (this.bidirectional ? 2 : 1);
  }

  #read(input: unknown): Call {
    if (input instanceof PackedSequence) {
      const { data, batch, steps } = input;
      this.#checkColumns("input.data", data.shape);
      const rows = data.shape[0] as number;
      return { data: data.data, leading: [rows], steps, batch, rows, packed: input, unbatched: false };
    }
    const { data, shape } = asTensor("input", input);
    if (shape.length !== 2 && shape.length !== 3) {
      const got = `got ${shape.length}-D of shape [${shape.join(", ")}]`;
      throw new LSTMError("SHAPE_MISMATCH", `input: expected 2-D (unbatched) or 3-D, ${got}`);
    }
    this.#checkColumns("input", shape);
    const leading = shape.slice(0, -1);
    const unbatched = leading.length === 1;
    const [first, second] = [leading[0] as number, leading[1] ?? 1];
    const [steps, batch] = this.batchFirst && !unbatched ? [second, first] : [first, second];
    return { data, leading, steps, batch, rows: steps * batch, packed: undefined, unbatched };
  }

  #checkColumns(argument: string, shape: readonly number[]): void {
    const columns = shape[shape.length - 1];
    if (columns === this.inputSize) return;
    const got = `Expected ${this.inputSize}, got ${columns} in shape [${shape.join(", ")}]`;
    throw new LSTMError("SHAPE_MISMATCH", `${argument}: the last dimension must be equal to inputSize. ${got}`);
  }

  #readState(state: unknown, call: Call): [Tensor, Tensor] | undefined {
    if (state === undefined || state === null) return undefined;
    if (!Array.isArray(state) || state.length !== 2 || state[0] == null || state[1] == null) {
      const got = Array.isArray(state) ? `[${state.map(brief).join(", ")}]` : describe(state);
      throw new LSTMError("STATE", `the state must be [h0, c0], both or neither, got ${got}`);
    }
    return [this.#readOne("h0", state[0], this.#hSize, call), this.#readOne("c0", state[1], this.hiddenSize, call)];
  }

  #readOne(name: string, value: unknown, columns: number, call: Call): Tensor {
    return checkShape(name, asTensor(name, value), this.#stateShape(call, columns));
  }

  #stateShape(call: Call, columns: number): number[] {
    return call.unbatched ? [this.#states, columns] : [this.#states, call.batch, columns];
  }

  #empty(call: Call): Result<Tensor> | Result<PackedSequence> {
    const { packed } = call;
    const output = Tensor.zeros([...call.leading, this.#outputSize]);
    const state = [this.#hSize, this.hiddenSize].map((columns) => Tensor.zeros(this.#stateShape(call, columns)));
    return [
      packed === undefined
        ? output
        : new PackedSequence(output, packed.batchSizes, packed.sortedIndices, packed.unsortedIndices),
      state,
    ] as Result<Tensor> | Result<PackedSequence>;
  }

  #readOut(options: unknown, call: Call): Result<Tensor> | Result<PackedSequence> | undefined {
    if (options === undefined) return undefined;
    const { out } = checkObject("forward", options, ["out"]);
    if (out === undefined) return undefined;
    const [output, state] = Array.isArray(out) ? out : [];
    const [hn, cn] = Array.isArray(state) ? state : [];
    const tensor = output instanceof PackedSequence ? output.data : output;
    const fits = output instanceof PackedSequence === (call.packed !== undefined);
    if (!fits || ![tensor, hn, cn].every((part) => part instanceof Tensor)) {
      throw new LSTMError(
        "OPTION",
        "out must be [output, [hn, cn]] as an earlier forward of the same kind returned it",
      );
    }
    checkShape("out[0]", tensor, [...call.leading, this.#outputSize]);
    checkShape("out[1][0]", hn, this.#stateShape(call, this.#hSize));
    checkShape("out[1][1]", cn, this.#stateShape(call, this.hiddenSize));
    return out as Result<Tensor> | Result<PackedSequence>;
  }
}

const brief = (value: unknown) => (value == null ? String(value) : "a tensor");

function checkShape(name: string, tensor: Tensor, expected: readonly number[]): Tensor {
  if (sameShape(tensor.shape, expected)) return tensor;
  const shapes = `Expected ${name} of shape [${expected.join(", ")}], got [${tensor.shape.join(", ")}]`;
  throw new LSTMError("SHAPE_MISMATCH", shapes);
}
