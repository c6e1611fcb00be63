import { checkObject } from "../checks/options.js";
import { Module } from "../parameters/module.js";
import { type BackwardOptions, Pending } from "../parameters/pending.js";
import { tensorOfShape } from "../tensor/shape.js";
import { Tensor, type TensorInput } from "../tensor/tensor.js";
import { around, checkDim, softmax } from "./functions.js";
import { checkOneInput } from "./one-input.js";

/** What `new Softmax` takes. */
export interface SoftmaxOptions {
  /** Along which dimension the values add up to 1; the last, -1, by default. */
  dim?: number | undefined;
}

/**
 * `torch.nn.Softmax`: e^x over the sum of e^x along a dimension. In training, `crossEntropy` takes what goes into it, not
 * what comes out.
 */
export class Softmax extends Module {
  static override readonly name: string = "Softmax";
  /** @internal */
  readonly keeps = "shape";
  /** Along which dimension the values add up to 1. */
  readonly dim: number;
  /** @internal */
  override readonly pending = new Pending<{ readonly probabilities: Tensor }>("Softmax", () => 0);

  /** @throws LSTMError `OPTION` for a bad option */
  constructor(options: SoftmaxOptions = {}) {
    const { dim = -1 } = checkObject("Softmax", options, ["dim"]);
    super();
    checkDim(dim, 64); // no tensor has more; which it may be depends on the input
    this.dim = dim as number;
  }

  /** A tensor of any shape to one of the same. @throws LSTMError `OPTION` if it has no such dimension; `DTYPE` */
  forward(input: TensorInput): Tensor;
  forward(input: TensorInput, ...more: unknown[]): Tensor {
    this.checkAlive();
    checkOneInput(this, more);
    const output = softmax(input, this.dim);
    this.checkAlive(); // a getter of the caller's objects may have disposed it
    if (this.training) this.pending.push(output, { probabilities: new Tensor(output.data.slice(), output.shape) });
    return output;
  }

  /**
   * Goes back through a forward in training mode: `dx = y (d - Σ d y)`.
   *
   * @param options.of the output of the forward that is meant; needed if several wait
   * @throws LSTMError `NO_FORWARD`, `STALE_FORWARD` if several forwards wait and none is named; `SHAPE_MISMATCH`, `DTYPE`
   */
  backward(gradOutput: TensorInput, options?: BackwardOptions): Tensor {
    this.checkAlive();
    const saved = this.pending.find(this.training, options);
    const { data: y, shape } = saved.probabilities;
    const { data: d } = tensorOfShape("gradOutput", gradOutput, shape);
    this.checkAlive(); // a getter of the caller's objects may have disposed it, or gone back already
    this.pending.remove(this.pending.indexOf(saved, this.training));
    const { outer, size, inner } = around(shape, this.dim);
    const input = new Float32Array(y.length);
    for (let row = 0; row < outer * inner; row++) {
      const first = Math.floor(row / inner) * size * inner + (row % inner);
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (d[first + i * inner] as number) * (y[first + i * inner] as number);
      for (let i = 0; i < size; i++) {
        const at = first + i * inner;
        input[at] = (y[at] as number) * ((d[at] as number) - sum);
      }
    }
    return new Tensor(input, shape);
  }

  /** @internal What the constructor makes another of. */
  given(): SoftmaxOptions {
    return { dim: this.dim };
  }

  override toString(): string {
    return `Softmax({ dim: ${this.dim} })`;
  }
}
