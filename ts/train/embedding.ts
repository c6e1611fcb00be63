import type { Kernels } from "../instance.js";
import { checkInteger, checkObject } from "../options.js";
import { fillNormal, Mt19937, randomSeed } from "../random.js";
import { tensorOfShape } from "../shape.js";
import { Tensor, type TensorInput } from "../tensor.js";
import { asIndices, checkRange, type IndexInput } from "./indices.js";
import { checkSeed, INPUT, Layer, LayerCore, OUTPUT } from "./layer.js";

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
export class Embedding extends Layer {
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
    super(new LayerCore("Embedding", make, [["weight", [count, width]]]));
    this.numEmbeddings = count;
    this.embeddingDim = width;
    this.paddingIdx = paddingIdx;
    for (const { data } of this.parameters()) {
      fillNormal(new Mt19937(seed ?? randomSeed()), data);
      if (paddingIdx !== undefined) data.fill(0, paddingIdx * width, (paddingIdx + 1) * width);
    }
  }

  /**
   * Indices of any shape (...) to (..., embeddingDim).
   *
   * @throws LSTMError `OPTION` that names an index out of range; `DTYPE`, `SHAPE_MISMATCH`, `OUT_OF_MEMORY`, `DISPOSED`
   */
  forward(indices: IndexInput): Tensor {
    const { core } = this;
    core.id; // throws once disposed
    const given = asIndices("indices", indices);
    checkRange("indices", given, this.numEmbeddings, "an index");
    this.waiting = undefined;
    core.reserve(given.data.length, this.training);
    core.instance.words.set(given.data, core.at(INPUT));
    core.forward();
    if (this.training) this.waiting = given.shape;
    const at = core.at(OUTPUT);
    const values = core.instance.floats.slice(at, at + given.data.length * this.embeddingDim);
    return new Tensor(values, [...given.shape, this.embeddingDim]);
  }

  /**
   * Goes back through the last forward in training mode: adds to the weight's gradient. Indices have none.
   *
   * @throws LSTMError `NO_FORWARD` without such a forward, or twice; `SHAPE_MISMATCH`, `DTYPE`
   */
  backward(gradOutput: TensorInput): void {
    const leading = this.taken();
    const { data } = tensorOfShape("gradOutput", gradOutput, [...leading, this.embeddingDim]);
    this.core.instance.floats.set(data, this.core.at(OUTPUT));
    this.core.backward();
    this.waiting = undefined;
  }

  override toString(): string {
    const padding = this.paddingIdx === undefined ? "" : `, paddingIdx: ${this.paddingIdx}`;
    return `Embedding({ numEmbeddings: ${this.numEmbeddings}, embeddingDim: ${this.embeddingDim}${padding} })`;
  }
}
