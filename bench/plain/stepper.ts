import type { Data } from "../contestant.js";
import { cells } from "./direction.js";
import { Panels } from "./panels.js";
import { parametersOf } from "./stack.js";

/** One layer, one direction, one sequence, step by step: x and h in one vector, so that a step is one product. */
export class Stepper {
  readonly #hidden: number;
  readonly #weights: Panels;
  readonly #bias: Float32Array;
  readonly #gates: Float32Array;
  /** c and h before and after the step. */
  readonly #c: Float32Array;
  readonly #h: Float32Array;

  constructor(weights: Data["weights"]) {
    const { weightIh, weightHh, bias } = parametersOf(weights, "l0");
    this.#hidden = bias.length / 4;
    this.#weights = new Panels(bias.length, weightIh, weightHh);
    this.#bias = bias;
    this.#gates = new Float32Array(bias.length);
    this.#c = new Float32Array(2 * this.#hidden);
    this.#h = new Float32Array(2 * this.#hidden);
  }

  get h(): Float32Array {
    return this.#h.subarray(this.#hidden);
  }

  step(x: Float32Array): void {
    const [hidden, c, h, gates] = [this.#hidden, this.#c, this.#h, this.#gates];
    const xh = this.#weights.x;
    for (let input = 0; input < x.length; input++) xh[input] = x[input] as number;
    gates.set(this.#bias);
    this.#weights.addTo(gates, 0, gates.length);
    cells(gates, 0, c, h, 0, 1, hidden);
    for (let unit = 0; unit < hidden; unit++) {
      c[unit] = c[hidden + unit] as number;
      xh[x.length + unit] = h[hidden + unit] as number;
    }
  }

  reset(): void {
    this.#c.fill(0);
    this.#weights.x.fill(0);
  }
}
