import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkBoolean, checkInteger, checkObject, checkRate } from "../checks/options.js";
import { Module } from "../parameters/module.js";
import { OwnParameter } from "../parameters/own-parameter.js";
import type { Parameter } from "../parameters/parameter.js";
import { type BackwardOptions, Pending } from "../parameters/pending.js";
import { checkLoadOptions, type LoadOptions, loaded, type StateDict, weightShape } from "../parameters/state-dict.js";
import { sameValues, tensorOfShape } from "../tensor/shape.js";
import { allocate, asTensor, product, Tensor, type TensorInput } from "../tensor/tensor.js";
import { checkOneInput } from "./one-input.js";

/** A parameter of so many values and its gradient do not fit in WebAssembly's memory. */
const MOST_VALUES = 2 ** 29;

/** What `new LayerNorm` takes: the arguments of `torch.nn.LayerNorm` in camelCase. */
export interface LayerNormOptions {
  /** The last dimensions, over which mean and variance are taken: one size, or several. */
  normalizedShape: number | readonly number[];
  /** Added to the variance; 1e-5 by default. */
  eps?: number | undefined;
  /** Whether there is a weight, and a bias; true by default. */
  elementwiseAffine?: boolean | undefined;
  /** Whether there is a bias beside the weight; true by default. */
  bias?: boolean | undefined;
}

/** `torch.nn.LayerNorm`: `(x - mean) / sqrt(variance + eps) * weight + bias` over the last dimensions. */
export class LayerNorm extends Module {
  static override readonly name: string = "LayerNorm";
  /** @internal */
  readonly keeps = "shape";
  /** The last dimensions, over which mean and variance are taken. */
  readonly normalizedShape: readonly number[];
  /** Added to the variance. */
  readonly eps: number;
  /** (normalizedShape); missing without `elementwiseAffine`. */
  readonly weight?: Parameter;
  /** (normalizedShape); missing without `bias`. */
  readonly bias?: Parameter;
  /** Of each forward `(x - mean) / deviation`, and 1 / deviation of each row. */
  /** @internal */
  override readonly pending = new Pending<{ normal: Float32Array; scale: Float64Array; shape: readonly number[] }>(
    "LayerNorm",
    () => this.#version(),
  );
  /** The weight when it was last looked at, and how often it had changed. */
  #seen: Float32Array | undefined;
  #changes = 0;

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: LayerNormOptions) {
    const known = ["normalizedShape", "eps", "elementwiseAffine", "bias"];
    const given = checkObject("LayerNorm", options, known);
    super();
    const sizes = Array.isArray(given.normalizedShape) ? given.normalizedShape : [given.normalizedShape];
    if (sizes.length === 0) throw new LSTMError("OPTION", "normalizedShape must have at least one dimension");
    this.normalizedShape = Object.freeze(Array.from(sizes, (size) => checkInteger("normalizedShape", size, 1)));
    this.eps = checkRate("eps", given.eps ?? 1e-5);
    const affine = checkBoolean("elementwiseAffine", given.elementwiseAffine ?? true);
    const bias = checkBoolean("bias", given.bias ?? true);
    if (!affine) return;
    const size = product(this.normalizedShape);
    if (size >= MOST_VALUES) throw new LSTMError("OUT_OF_MEMORY", `a weight of ${size} values does not fit in 4 GiB`);
    this.weight = new OwnParameter(new Tensor(allocate(this.normalizedShape).fill(1), this.normalizedShape));
    try {
      if (bias) this.bias = new OwnParameter(Tensor.zeros(this.normalizedShape));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** A LayerNorm with the weight, and the bias if there is one, of a state dict. @throws LSTMError `STATE_DICT` */
  static fromStateDict(
    dict: StateDict,
    options: Pick<LoadOptions, "prefix"> & Pick<LayerNormOptions, "eps"> = {},
  ): LayerNorm {
    const { prefix } = checkLoadOptions("LayerNorm.fromStateDict", options, ["eps"]);
    const normalizedShape = weightShape("LayerNorm", dict, prefix);
    return loaded(new LayerNorm({ normalizedShape, eps: options.eps, bias: `${prefix}bias` in dict }), dict, prefix);
  }

  /** (..., normalizedShape) to the same. @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `DISPOSED` */
  forward(input: TensorInput): Tensor;
  forward(input: TensorInput, ...more: unknown[]): Tensor {
    this.checkAlive();
    checkOneInput(this, more);
    const { data, shape } = asTensor("input", input);
    this.checkAlive(); // a getter of the caller's objects may have disposed it
    const own = this.normalizedShape;
    if (shape.length < own.length || !sameValues(shape.slice(-own.length), own)) {
      const got = `Expected ${shapeText(own)}, got shape ${shapeText(shape)}`;
      throw new LSTMError("SHAPE_MISMATCH", `input: the last dimensions must be equal to normalizedShape. ${got}`);
    }
    const [weight, bias, size] = [this.weight?.read(), this.bias?.read(), product(own)];
    const [normal, output] = [new Float32Array(data.length), new Float32Array(data.length)];
    const scale = new Float64Array(data.length / size);
    for (let row = 0; row < scale.length; row++) {
      const values = data.subarray(row * size, (row + 1) * size);
      let [sum, squares] = [0, 0];
      for (const x of values) sum += x;
      const mean = sum / size;
      for (const x of values) squares += (x - mean) ** 2;
      const factor = 1 / Math.sqrt(squares / size + this.eps);
      scale[row] = factor;
      for (let j = 0; j < size; j++) {
        const x = ((values[j] as number) - mean) * factor;
        normal[row * size + j] = x;
        output[row * size + j] = x * (weight?.[j] ?? 1) + (bias?.[j] ?? 0);
      }
    }
    const result = new Tensor(output, shape);
    if (this.training) this.pending.push(result, { normal, scale, shape });
    return result;
  }

  /**
   * Goes back through a forward in training mode: adds to the parameters' gradients and returns the input's.
   *
   * @param options.of the output of the forward that is meant; needed if several wait
   * @throws LSTMError `NO_FORWARD`, `STALE_FORWARD`, `SHAPE_MISMATCH`, `DTYPE`
   */
  backward(gradOutput: TensorInput, options?: BackwardOptions): Tensor {
    this.checkAlive();
    const saved = this.pending.find(this.training, options);
    const { normal, scale, shape } = saved;
    const { data } = tensorOfShape("gradOutput", gradOutput, shape);
    this.checkAlive(); // a getter of the caller's objects may have disposed it, or gone back already
    const index = this.pending.indexOf(saved, this.training);
    const weight = this.weight?.read();
    const [dWeight, dBias] = [this.weight?.grad, this.bias?.grad];
    const size = product(this.normalizedShape);
    const input = new Float32Array(data.length);
    for (let row = 0; row < scale.length; row++) {
      const from = row * size;
      // With n the normalised row and g the gradient of n: dx = (g - mean(g) - n mean(g n)) / deviation.
      let [sum, product] = [0, 0];
      for (let j = 0; j < size; j++) {
        const [d, n] = [data[from + j] as number, normal[from + j] as number];
        if (dWeight) dWeight[j] = (dWeight[j] as number) + d * n;
        if (dBias) dBias[j] = (dBias[j] as number) + d;
        const g = d * (weight?.[j] ?? 1);
        sum += g;
        product += g * n;
      }
      for (let j = 0; j < size; j++) {
        const g = (data[from + j] as number) * (weight?.[j] ?? 1);
        input[from + j] = (scale[row] as number) * (g - sum / size - ((normal[from + j] as number) * product) / size);
      }
    }
    this.pending.remove(index);
    return new Tensor(input, shape);
  }

  /** A number that grows when the weight changes, which backward reads. */
  #version(): number {
    const weight = this.weight?.read();
    if (weight && !weight.every((value, index) => Object.is(value, this.#seen?.[index]))) this.#changes++;
    this.#seen = weight;
    return this.#changes;
  }

  /** @internal What the constructor makes another of. */
  given(): LayerNormOptions {
    const { normalizedShape, eps, weight, bias } = this;
    return { normalizedShape, eps, elementwiseAffine: weight !== undefined, bias: bias !== undefined };
  }

  override toString(): string {
    const { normalizedShape, eps, weight, bias } = this;
    const shown = [`normalizedShape: ${shapeText(normalizedShape)}`];
    if (eps !== 1e-5) shown.push(`eps: ${eps}`);
    if (weight === undefined) shown.push("elementwiseAffine: false");
    else if (bias === undefined) shown.push("bias: false");
    return `LayerNorm({ ${shown.join(", ")} })`;
  }
}
