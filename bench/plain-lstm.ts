/**
 * An LSTM as one would tune it in JavaScript: typed arrays, x and h in one vector, four rows at a time so that one load
 * of the vector serves four sums, nothing allocated in a step. One layer, one direction. What lstm-wasm has to beat.
 */
export class PlainLSTM {
  readonly #inputs: number;
  readonly #hidden: number;
  /** (4 * hidden, inputs + hidden): W_ih and W_hh side by side. */
  readonly #weights: Float32Array;
  readonly #bias: Float32Array;
  readonly #gates: Float32Array;
  readonly #c: Float32Array;
  /** x, then h. */
  readonly #xh: Float32Array;

  /** @param weightIh (4H, I) @param weightHh (4H, H) @param bias (4H), b_ih + b_hh */
  constructor(weightIh: Float32Array, weightHh: Float32Array, bias: Float32Array) {
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
    this.#c = new Float32Array(hidden);
    this.#xh = new Float32Array(inputs + hidden);
  }

  get h(): Float32Array {
    return this.#xh.subarray(this.#inputs);
  }

  /** One step; the result stays in `h`. */
  step(x: Float32Array): void {
    this.#xh.set(x);
    product(this.#weights, this.#xh, this.#bias, this.#gates);
    pointwise(this.#gates, this.#c, this.#xh, this.#inputs, this.#hidden);
  }
}

/** gates = bias + weights * xh */
function product(weights: Float32Array, xh: Float32Array, bias: Float32Array, gates: Float32Array): void {
  const depth = xh.length;
  for (let row = 0; row < gates.length; row += 4) {
    const [first, second, third, fourth] = [row * depth, (row + 1) * depth, (row + 2) * depth, (row + 3) * depth];
    let a = bias[row] as number;
    let b = bias[row + 1] as number;
    let c = bias[row + 2] as number;
    let d = bias[row + 3] as number;
    for (let k = 0; k < depth; k++) {
      const value = xh[k] as number;
      a += value * (weights[first + k] as number);
      b += value * (weights[second + k] as number);
      c += value * (weights[third + k] as number);
      d += value * (weights[fourth + k] as number);
    }
    gates[row] = a;
    gates[row + 1] = b;
    gates[row + 2] = c;
    gates[row + 3] = d;
  }
}

function pointwise(gates: Float32Array, c: Float32Array, xh: Float32Array, inputs: number, hidden: number): void {
  for (let unit = 0; unit < hidden; unit++) {
    const i = sigmoid(gates[unit] as number);
    const f = sigmoid(gates[hidden + unit] as number);
    const g = Math.tanh(gates[2 * hidden + unit] as number);
    const o = sigmoid(gates[3 * hidden + unit] as number);
    const cell = f * (c[unit] as number) + i * g;
    c[unit] = cell;
    xh[inputs + unit] = o * Math.tanh(cell);
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
