import type { Case } from "../cases.js";
import type { Data } from "../contestant.js";
import { Direction } from "./direction.js";

/** All layers and directions of a case. */
export class Stack {
  readonly output: Float32Array;
  readonly inputGradient: Float32Array;
  readonly #layers: readonly (readonly Direction[])[];
  /** All of them, layer by layer. */
  readonly #directions: readonly Direction[];
  /** The input of each layer, then the output. */
  readonly #values: readonly Float32Array[];
  /** Their gradients. */
  readonly #gradients: readonly Float32Array[];
  readonly #hidden: number;
  readonly #width: number;
  readonly #stateSize: number;

  constructor({ inputs, hidden, layers, directions, batch, steps }: Case, weights: Data["weights"]) {
    this.#hidden = hidden;
    this.#width = directions * hidden;
    this.#stateSize = batch * hidden;
    this.#layers = Array.from({ length: layers }, (_, layer) =>
      SUFFIXES.slice(0, directions).map(
        (suffix, direction) =>
          new Direction(parametersOf(weights, `l${layer}${suffix}`), { steps, batch, reverse: direction === 1 }),
      ),
    );
    this.#directions = this.#layers.flat();
    const widths = [inputs, ...this.#layers.map(() => this.#width)];
    this.#values = widths.map((width) => new Float32Array(steps * batch * width));
    this.#gradients = widths.map((width) => new Float32Array(steps * batch * width));
    this.output = this.#values[layers] as Float32Array;
    this.inputGradient = this.#gradients[0] as Float32Array;
  }

  forward(input: Float32Array): void {
    (this.#values[0] as Float32Array).set(input);
    for (const [layer, directions] of this.#layers.entries()) {
      const [x, y] = [this.#values[layer] as Float32Array, this.#values[layer + 1] as Float32Array];
      for (const [index, direction] of directions.entries()) direction.forward(x, y, this.#width, index * this.#hidden);
    }
  }

  /** h and c of the last step, (layers * directions, batch, hidden), in new arrays. */
  state(): [hn: Float32Array, cn: Float32Array] {
    const [all, size] = [this.#directions, this.#stateSize];
    const [hn, cn] = [new Float32Array(all.length * size), new Float32Array(all.length * size)];
    for (let index = 0; index < all.length; index++) (all[index] as Direction).copyState(hn, cn, index * size);
    return [hn, cn];
  }

  backward(gradOutput: Float32Array): void {
    (this.#gradients.at(-1) as Float32Array).set(gradOutput);
    for (let layer = this.#layers.length - 1; layer >= 0; layer--) {
      const [dx, dy] = [this.#gradients[layer] as Float32Array, this.#gradients[layer + 1] as Float32Array];
      dx.fill(0);
      for (const [index, direction] of (this.#layers[layer] as Direction[]).entries()) {
        direction.backward(this.#values[layer] as Float32Array, dy, this.#width, index * this.#hidden, dx);
      }
    }
  }

  /** Every parameter's gradient by PyTorch's name. */
  gradients(): Record<string, Float32Array> {
    const named = this.#layers.flatMap((directions, layer) =>
      directions.flatMap(({ gradients: { weightIh, weightHh, bias } }, index) => {
        const name = `l${layer}${SUFFIXES[index]}`;
        return [
          [`weight_ih_${name}`, weightIh],
          [`weight_hh_${name}`, weightHh],
          [`bias_ih_${name}`, bias],
          [`bias_hh_${name}`, bias],
        ];
      }),
    );
    return Object.fromEntries(named);
  }
}

const SUFFIXES = ["", "_reverse"];

/** Copies of a direction's parameters, with the biases added up. */
export function parametersOf(weights: Data["weights"], name: string) {
  const values = (kind: string) => (weights[`${kind}_${name}`] as Float32Array).slice();
  const biasHh = values("bias_hh");
  return {
    weightIh: values("weight_ih"),
    weightHh: values("weight_hh"),
    bias: values("bias_ih").map((value, row) => value + (biasHh[row] as number)),
  };
}
