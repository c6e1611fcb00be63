import { LSTMError } from "./errors.js";
import { instance } from "./instance.js";
import { checkCount, checkObject, checkOptions, LSTM_OPTIONS, type LSTMOptions } from "./options.js";
import { PackedSequence } from "./packed-sequence.js";
import { Recurrent } from "./recurrent.js";
import { readRows, readSortedRows, writeSortedRows } from "./rows.js";
import { readStates, sameShape, tensorOfShape } from "./shape.js";
import { checkLoadOptions, inferSizes, type LoadOptions, ownTensors, type StateDict } from "./state-dict.js";
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
  #draw: { seed: number; call: number } | undefined;

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: LSTMOptions) {
    const checked = checkOptions("LSTM", options, LSTM_OPTIONS);
    super("LSTM", checked, options.seed, true);
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
    options: Pick<LoadOptions, "prefix"> & Pick<LSTMOptions, "batchFirst" | "dropout"> = {},
  ): LSTM {
    const { prefix } = checkLoadOptions("LSTM.fromStateDict", options, ["batchFirst", "dropout"]);
    const { batchFirst, dropout } = options;
    const sizes = inferSizes(dict, prefix);
    // Another LSTM's live parameters lie in memory that may grow now.
    const owned = ownTensors(dict, instance());
    const lstm = new LSTM({ ...sizes, batchFirst, dropout, [LOADED]: true } as LSTMOptions);
    try {
      lstm.loadStateDict(owned, { prefix });
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
    this.#draw ??= { seed: this.seed, call: 0 };
    return { ...this.#draw };
  }
  set dropoutDraw(draw: { seed: number; call: number }) {
    const given = checkObject("dropoutDraw", draw, ["seed", "call"]);
    this.#draw = { seed: checkCount("seed", given.seed), call: checkCount("call", given.call) };
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
    const states = readStates(
      ["h0", "c0"],
      state,
      this.#stateShape(call, this.#hSize),
      this.#stateShape(call, this.hiddenSize),
    );
    const out = this.#readOut(options, call);

    const { instance } = core;
    const [data, h0, c0] = [
      instance.own(call.data),
      states && instance.own(states[0].data),
      states && instance.own(states[1].data),
    ];
    core.reserve(call);
    const { floats } = instance;
    floats.set(data, core.input);
    const order = call.packed?.sortedIndices ?? null;
    if (call.packed !== undefined) instance.words.set(call.packed.batchSizes, core.batchSizes);
    const [hLength, cLength] = [this.#states * call.batch * this.#hSize, this.#states * call.batch * this.hiddenSize];
    if (h0 === undefined || c0 === undefined) {
      floats.fill(0, core.h, core.h + hLength);
      floats.fill(0, core.c, core.c + cLength);
    } else {
      writeSortedRows(floats, core.h, h0, this.#hSize, order);
      writeSortedRows(floats, core.c, c0, this.hiddenSize, order);
    }
    const { seed, call: count } = this.#nextMasks();
    core.forward(this.batchFirst && !call.unbatched, call.packed !== undefined, seed, count);

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

  /** What this forward's masks are drawn from; call -1 for none. */
  #nextMasks(): { seed: number; call: number } {
    if (!this.training || this.dropout === 0) return NO_MASKS;
    const draw = this.dropoutDraw;
    this.#draw = { ...draw, call: draw.call + 1 };
    return draw;
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
    if (input instanceof PackedSequence) return this.#readPacked(input);
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

  /** Everything again that its constructor saw to: the arrays are the caller's, and may have changed since. */
  #readPacked(packed: PackedSequence): Call {
    const { batch, steps, batchSizes, sortedIndices } = packed;
    this.#checkColumns("input.data", packed.data.shape);
    let rows = 0;
    for (let t = 0; t < steps; t++) rows += batchSizes[t] as number;
    const expected = packed.data.shape[0];
    if (rows !== expected || sortedIndices?.some((index) => index < 0 || index >= batch)) {
      const sums = `input.batchSizes add up to ${rows} of ${expected} rows of input.data`;
      throw new LSTMError(
        "LENGTHS",
        `input was changed after it was packed: ${sums}, or its indices point outside the batch`,
      );
    }
    const { data } = tensorOfShape("input.data", packed.data, [rows, this.inputSize]);
    return { data, leading: [rows], steps, batch, rows, packed, unbatched: false };
  }

  #checkColumns(argument: string, shape: readonly number[]): void {
    const columns = shape[shape.length - 1];
    if (columns === this.inputSize) return;
    const got = `Expected ${this.inputSize}, got ${columns} in shape [${shape.join(", ")}]`;
    throw new LSTMError("SHAPE_MISMATCH", `${argument}: the last dimension must be equal to inputSize. ${got}`);
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
    if (call.packed !== undefined && !samePacking(call.packed, output)) {
      throw new LSTMError("LENGTHS", "out[0] was packed from other lengths than the input, or in another order");
    }
    tensorOfShape("out[0]", tensor, [...call.leading, this.#outputSize]);
    tensorOfShape("out[1][0]", hn, this.#stateShape(call, this.#hSize));
    tensorOfShape("out[1][1]", cn, this.#stateShape(call, this.hiddenSize));
    return out as Result<Tensor> | Result<PackedSequence>;
  }
}

/** An option that only `fromStateDict` gives: all weights are about to be written, so none need be drawn. */
const LOADED = Symbol("loaded");

const NO_MASKS = { seed: 0, call: -1 };

function samePacking(a: PackedSequence, b: PackedSequence): boolean {
  const same = (x: Int32Array | null, y: Int32Array | null) =>
    x === y || (x !== null && y !== null && sameShape([...x], [...y]));
  return same(a.batchSizes, b.batchSizes) && same(a.sortedIndices, b.sortedIndices);
}
