import type { Data } from "../contestant.js";
import { cells } from "./direction.js";
import { addProduct } from "./product.js";
import { parametersOf } from "./stack.js";

/** One layer, one direction, one sequence, step by step: x and h in one vector, so that a step is one product. */
export class Stepper {
  readonly #inputs: number;
  readonly #hidden: number;
  /** (4 * hidden, inputs + hidden): W_ih and W_hh side by side. */
  readonly #weights: Float32Array;
  readonly #bias: Float32Array;
  readonly #gates: Float32Array;
  /** c and h before and after the step. */
  readonly #c: Float32Array;
  readonly #h: Float32Array;
  /** x, then h. */
  readonly #xh: Float32Array;

  constructor(weights: Data["weights"]) {
    const { weightIh, weightHh, bias } = parametersOf(weights, "l0");
    const rows = bias.length;
    const [inputs, hidden] = [weightIh.length / rows, rows / 4];
    this.#inputs = inputs;
    this.#hidden = hidden;
    this.#bias = bias;
    this.#weights = new Float32Array(rows * (inputs + hidden));
    for (let row = 0; row < rows; row++) {
      const at = row * (inputs + hidden);
      this.#weights.set(weightIh.subarray(row * inputs, (row + 1) * inputs), at);
      this.#weights.set(weightHh.subarray(row * hidden, (row + 1) * hidden), at + inputs);
    }
    this.#gates = new Float32Array(rows);
    this.#c = new Float32Array(2 * hidden);
    this.#h = new Float32Array(2 * hidden);
    this.#xh = new Float32Array(inputs + hidden);
  }

  get h(): Float32Array {
    return this.#h.subarray(this.#hidden);
  }

  step(x: Float32Array): void {
    const [inputs, hidden, c, h, xh] = [this.#inputs, this.#hidden, this.#c, this.#h, this.#xh];
    xh.set(x);
    this.#gates.set(this.#bias);
    addProduct(xh, 0, this.#weights, this.#gates, 0, 1, 4 * hidden, inputs + hidden);
    cells(this.#gates, 0, c, h, 0, 1, hidden);
    for (let unit = 0; unit < hidden; unit++) {
      c[unit] = c[hidden + unit] as number;
      xh[inputs + unit] = h[hidden + unit] as number;
    }
  }

  reset(): void {
    this.#c.fill(0);
    this.#xh.fill(0);
  }
}
