import { LSTMError } from "../checks/errors.js";
import { checkInteger, checkObject, checkSeed } from "../checks/options.js";
import type { BackwardOptions } from "../parameters/pending.js";
import { checkLoadOptions, LOADED, loaded, type StateDict, weightShape } from "../parameters/state-dict.js";
import { asIndices, checkRange, type IndexInput } from "../tensor/indices.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { WEIGHTS } from "../tensor/quantization.js";
import { fillNormal, Mt19937, randomSeed } from "../tensor/random.js";
import { Tensor, type TensorInput } from "../tensor/tensor.js";
import type { Kernels } from "../wasm/instance.js";
import { LayerHandle } from "../wasm/layer-handle.js";
import { Layer, type LayerLoadOptions, loadedWeights, weightsUnder } from "./layer.js";
import { checkOneInput } from "./one-input.js";

/** What `new Embedding` takes: arguments of `torch.nn.Embedding` in camelCase, and a seed. */
export interface EmbeddingOptions {
  /** How many indices there are, from 0. */
  numEmbeddings: number;
  /** Values in the row of each. */
  embeddingDim: number;
  /** An index that stands for nothing: its row starts as zeros and gets no gradient. Negative ones count from the end. */
  paddingIdx?: number | undefined;
  /** With a seed the weights are those after `torch.manual_seed(seed)`, equal to rounding. */
  seed?: number | undefined;
}

/** Packed indices are float32, which holds every integer up to this one. */
const MOST_PACKED = 2 ** 24;

/** `torch.nn.Embedding`: a row of values for each index. */
export class Embedding extends Layer<Int32Array> {
  static override readonly name: string = "Embedding";
  /** How many indices there are, from 0. */
  readonly numEmbeddings: number;
  /** Values in the row of each. */
  readonly embeddingDim: number;
  /** The index that stands for nothing, if there is one. */
  readonly paddingIdx: number | undefined;

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: EmbeddingOptions) {
    const given = checkObject("Embedding", options, ["numEmbeddings", "embeddingDim", "paddingIdx", "seed"]);
    const count = checkInteger("numEmbeddings", given.numEmbeddings, 1);
    const width = checkInteger("embeddingDim", given.embeddingDim, 1);
    const padding =
      given.paddingIdx === undefined ? undefined : checkInteger("paddingIdx", given.paddingIdx, -count, count - 1);
    const seed = checkSeed(given.seed);
    const paddingIdx = padding !== undefined && padding < 0 ? padding + count : padding;
    const weights = loadedWeights(options);
    // A matrix of integers is the same whether rows are looked up in it or multiplied with it.
    const make = (kernels: Kernels) =>
      weights === "float32"
        ? kernels.embeddingNew(count, width, paddingIdx ?? -1)
        : kernels.linearNew(width, count, false, WEIGHTS.indexOf(weights));
    super(new LayerHandle("Embedding", make, [["weight", [count, width]]], weights));
    this.numEmbeddings = count;
    this.embeddingDim = width;
    this.paddingIdx = paddingIdx;
    if (LOADED in options) return;
    for (const { object, index } of this.parameters()) {
      const data = object.view(index);
      fillNormal(new Mt19937(seed ?? randomSeed()), data);
      if (paddingIdx !== undefined) data.fill(0, paddingIdx * width, (paddingIdx + 1) * width);
    }
  }

  /** An Embedding with the weight of a state dict. @throws LSTMError `STATE_DICT` */
  static fromStateDict(
    dict: StateDict,
    options: LayerLoadOptions & Pick<EmbeddingOptions, "paddingIdx"> = {},
  ): Embedding {
    const { prefix } = checkLoadOptions("Embedding.fromStateDict", options, ["paddingIdx", "weights"]);
    const [numEmbeddings, embeddingDim] = weightShape("Embedding", dict, prefix);
    const weights = weightsUnder(dict, prefix, options);
    const given = { numEmbeddings, embeddingDim, paddingIdx: options.paddingIdx, [LOADED]: weights };
    return loaded(new Embedding(given), dict, prefix);
  }

  /**
   * Indices of any shape (...) to (..., embeddingDim); packed indices to packed rows.
   *
   * @throws LSTMError `OPTION` that names an index out of range; `DTYPE`, `SHAPE_MISMATCH`, `OUT_OF_MEMORY`, `DISPOSED`
   */
  forward(indices: IndexInput): Tensor;
  /** `forward` of indices that were packed. */
  forward(indices: PackedSequence): PackedSequence;
  forward(indices: IndexInput | PackedSequence, ...more: unknown[]): Tensor | PackedSequence {
    this.object.id; // throws once disposed
    checkOneInput(this, more);
    if (!(indices instanceof PackedSequence)) {
      const given = asIndices("indices", indices);
      checkRange("indices", given, this.numEmbeddings, "an index");
      return this.run(given.data, given.shape, this.embeddingDim);
    }
    const packed = PackedSequence.from(indices); // its fields may have been assigned to since it was packed
    const { data, shape } = packed.data;
    if (this.numEmbeddings > MOST_PACKED) {
      const why = `packed values are float32, which tells integers apart up to 2^24; numEmbeddings is ${this.numEmbeddings}`;
      throw new LSTMError("OPTION", `indices: ${why}. Embed padded indices and pack the rows`);
    }
    const given = { data: asIndices("indices.data", [...data]).data, shape };
    checkRange("indices.data", given, this.numEmbeddings, "an index");
    return this.run(given.data, shape, this.embeddingDim, packed);
  }

  /** @internal Rows of integers are looked up value by value: each is its integer times the scale of its row. */
  protected override run(
    indices: Int32Array,
    leading: readonly number[],
    width: number,
    packed?: PackedSequence,
  ): Tensor {
    if (this.weights === "float32") return super.run(indices, leading, width, packed) as Tensor;
    const rows = Tensor.zeros([...leading, width]);
    const value = this.object.narrow();
    for (const [at, index] of indices.entries()) {
      for (let k = 0; k < width; k++) rows.data[at * width + k] = value(index, k, NaN);
    }
    return packed === undefined ? rows : (packed.withData(rows) as never);
  }

  override get takesPacked(): boolean {
    return true;
  }

  /**
   * Goes back through a forward in training mode: adds to the weight's gradient. Indices have none.
   *
   * @param gradOutput packed as the output was, if it was
   * @param options.of the output of the forward that is meant; needed if several wait
   * @throws LSTMError `NO_FORWARD` without such a forward, or twice; `STALE_FORWARD` if several forwards wait and none is
   *   named; `SHAPE_MISMATCH`, `DTYPE`
   */
  backward(gradOutput: TensorInput | PackedSequence, options?: BackwardOptions): void {
    this.runBack(gradOutput, this.embeddingDim, options);
  }

  /** @internal What the constructor makes another of. */
  given(): EmbeddingOptions {
    const { numEmbeddings, embeddingDim, paddingIdx } = this;
    return { numEmbeddings, embeddingDim, paddingIdx };
  }

  override toString(): string {
    const padding = this.paddingIdx === undefined ? "" : `, paddingIdx: ${this.paddingIdx}`;
    return `Embedding({ numEmbeddings: ${this.numEmbeddings}, embeddingDim: ${this.embeddingDim}${padding} })`;
  }
}
