import { checkInteger, checkObject, checkSeed } from "../checks/options.js";
import type { BackwardOptions } from "../parameters/pending.js";
import {
  checkLoadOptions,
  LOADED,
  type LoadOptions,
  loaded,
  type StateDict,
  weightShape,
} from "../parameters/state-dict.js";
import { asIndices, checkRange, type IndexInput } from "../tensor/indices.js";
import { fillNormal, Mt19937, randomSeed } from "../tensor/random.js";
import type { Tensor, TensorInput } from "../tensor/tensor.js";
import type { Kernels } from "../wasm/instance.js";
import { LayerHandle } from "../wasm/layer-handle.js";
import { Layer } from "./layer.js";

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
    const make = (kernels: Kernels) => kernels.embeddingNew(count, width, paddingIdx ?? -1);
    super(new LayerHandle("Embedding", make, [["weight", [count, width]]]));
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
    options: Pick<LoadOptions, "prefix"> & Pick<EmbeddingOptions, "paddingIdx"> = {},
  ): Embedding {
    const { prefix } = checkLoadOptions("Embedding.fromStateDict", options, ["paddingIdx"]);
    const [numEmbeddings, embeddingDim] = weightShape("Embedding", dict, prefix);
    const given = { numEmbeddings, embeddingDim, paddingIdx: options.paddingIdx, [LOADED]: true };
    return loaded(new Embedding(given), dict, prefix);
  }

  /**
   * Indices of any shape (...) to (..., embeddingDim).
   *
   * @throws LSTMError `OPTION` that names an index out of range; `DTYPE`, `SHAPE_MISMATCH`, `OUT_OF_MEMORY`, `DISPOSED`
   */
  forward(indices: IndexInput): Tensor {
    this.object.id; // throws once disposed
    const given = asIndices("indices", indices);
    checkRange("indices", given, this.numEmbeddings, "an index");
    return this.run(given.data, given.shape, this.embeddingDim);
  }

  /**
   * Goes back through a forward in training mode: adds to the weight's gradient. Indices have none.
   *
   * @param options.of the output of the forward that is meant; needed if several wait
   * @throws LSTMError `NO_FORWARD` without such a forward, or twice; `STALE_FORWARD` if several forwards wait and none is
   *   named; `SHAPE_MISMATCH`, `DTYPE`
   */
  backward(gradOutput: TensorInput, options?: BackwardOptions): void {
    this.runBack(gradOutput, this.embeddingDim, options);
  }

  override toString(): string {
    const padding = this.paddingIdx === undefined ? "" : `, paddingIdx: ${this.paddingIdx}`;
    return `Embedding({ numEmbeddings: ${this.numEmbeddings}, embeddingDim: ${this.embeddingDim}${padding} })`;
  }
}
