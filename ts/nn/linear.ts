import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkBoolean, checkInteger, checkObject, checkSeed } from "../checks/options.js";
import type { BackwardOptions } from "../parameters/pending.js";
import { checkLoadOptions, LOADED, loaded, type StateDict, weightShape } from "../parameters/state-dict.js";
import { WEIGHTS } from "../tensor/quantization.js";
import { fillUniform, Mt19937, randomSeed } from "../tensor/random.js";
import { asTensor, type Tensor, type TensorInput } from "../tensor/tensor.js";
import { LayerHandle } from "../wasm/layer-handle.js";
import { Layer, type LayerLoadOptions, loadedWeights, weightsUnder } from "./layer.js";
import { checkOneInput } from "./one-input.js";

/** What `new Linear` takes: the arguments of `torch.nn.Linear` in camelCase, and a seed. */
export interface LinearOptions {
  /** Columns of the input. */
  inFeatures: number;
  /** Columns of the output. */
  outFeatures: number;
  /** Whether there is a bias; true by default. */
  bias?: boolean | undefined;
  /** With a seed the weights are those after `torch.manual_seed(seed)`, to the bit. */
  seed?: number | undefined;
}

/** `torch.nn.Linear`: `y = x Wᵀ + b` for each row. */
export class Linear extends Layer<Float32Array> {
  static override readonly name: string = "Linear";
  /** @internal The output has the rows of the input, in their order. */
  readonly keeps = "rows";
  /** Columns of the input. */
  readonly inFeatures: number;
  /** Columns of the output. */
  readonly outFeatures: number;
  /** Whether there is a bias. */
  readonly bias: boolean;

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: LinearOptions) {
    const given = checkObject("Linear", options, ["inFeatures", "outFeatures", "bias", "seed"]);
    const inFeatures = checkInteger("inFeatures", given.inFeatures, 1);
    const outFeatures = checkInteger("outFeatures", given.outFeatures, 1);
    const bias = checkBoolean("bias", given.bias ?? true);
    const seed = checkSeed(given.seed);
    const shapes: [string, number[]][] = [["weight", [outFeatures, inFeatures]]];
    if (bias) shapes.push(["bias", [outFeatures]]);
    const weights = loadedWeights(options);
    const kind = WEIGHTS.indexOf(weights);
    super(
      new LayerHandle("Linear", (kernels) => kernels.linearNew(inFeatures, outFeatures, bias, kind), shapes, weights),
    );
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.bias = bias;
    if (LOADED in options) return;
    const random = new Mt19937(seed ?? randomSeed());
    // kaiming_uniform_ with a = sqrt(5) comes to this bound.
    for (const { object, index } of this.parameters())
      fillUniform(random, object.view(index), 1 / Math.sqrt(inFeatures));
  }

  /** A Linear with the weight, and the bias if there is one, of a state dict. @throws LSTMError `STATE_DICT` */
  static fromStateDict(dict: StateDict, options: LayerLoadOptions = {}): Linear {
    const { prefix } = checkLoadOptions("Linear.fromStateDict", options, ["weights"]);
    const [outFeatures, inFeatures] = weightShape("Linear", dict, prefix);
    const weights = weightsUnder(dict, prefix, options);
    const given = { inFeatures, outFeatures, bias: `${prefix}bias` in dict, [LOADED]: weights };
    return loaded(new Linear(given), dict, prefix);
  }

  /** (..., inFeatures) to (..., outFeatures). @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `OUT_OF_MEMORY`, `DISPOSED` */
  forward(input: TensorInput): Tensor;
  forward(input: TensorInput, ...more: unknown[]): Tensor {
    this.object.id; // throws once disposed
    checkOneInput(this, more);
    const { data, shape } = asTensor("input", input);
    if (shape[shape.length - 1] !== this.inFeatures) {
      const got = `Expected ${this.inFeatures}, got shape ${shapeText(shape)}`;
      throw new LSTMError("SHAPE_MISMATCH", `input: the last dimension must be equal to inFeatures. ${got}`);
    }
    return this.run(data, shape.slice(0, -1), this.outFeatures);
  }

  /**
   * Goes back through a forward in training mode: adds to the parameters' gradients and returns the input's.
   *
   * @param options.of the output of the forward that is meant; needed if several wait
   * @throws LSTMError `NO_FORWARD` without such a forward, or twice; `STALE_FORWARD` if the weight changed since, or if
   *   several forwards wait and none is named; `SHAPE_MISMATCH`, `DTYPE`
   */
  backward(gradOutput: TensorInput, options?: BackwardOptions): Tensor {
    return this.runBack(gradOutput, this.outFeatures, options)(this.inFeatures);
  }

  /** @internal What the constructor makes another of. */
  given(): LinearOptions {
    const { inFeatures, outFeatures, bias } = this;
    return { inFeatures, outFeatures, bias };
  }

  override toString(): string {
    const { inFeatures, outFeatures, bias } = this;
    return `Linear({ inFeatures: ${inFeatures}, outFeatures: ${outFeatures}${bias ? "" : ", bias: false"} })`;
  }
}
