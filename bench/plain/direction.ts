import { sigmoid, tanh } from "./activation.js";
import { Panels } from "./panels.js";
import { addProduct, transpose } from "./product.js";

/** The gradients of one direction's parameters; both biases have the same. */
export interface Gradients {
  readonly weightIh: Float32Array;
  readonly weightHh: Float32Array;
  readonly bias: Float32Array;
}

/**
 * One direction of one layer over a batch of sequences, as one would tune it in JavaScript: the input's product for all
 * steps at once, contiguous typed arrays, nothing allocated in a run. Gates i, f, g, o.
 */
export class Direction {
  readonly gradients: Gradients;
  readonly #reverse: boolean;
  readonly #steps: number;
  readonly #batch: number;
  readonly #inputs: number;
  readonly #hidden: number;
  readonly #weightIh: Float32Array;
  readonly #weightHh: Float32Array;
  readonly #bias: Float32Array;
  /** W_hh again, for a batch of one. */
  readonly #panels: Panels;
  /** (steps, batch, 4 * hidden): pre-activations, then activations, then their gradients. */
  readonly #gates: Float32Array;
  /** (steps + 1, batch, hidden), in the order of computing; the first are zeros. */
  readonly #h: Float32Array;
  readonly #c: Float32Array;
  readonly #backward: Scratch;

  /** @param weightIh (4H, I) @param weightHh (4H, H) @param bias (4H), b_ih + b_hh */
  constructor(
    { weightIh, weightHh, bias }: Gradients,
    { steps, batch, reverse }: { steps: number; batch: number; reverse: boolean },
  ) {
    const rows = bias.length;
    const [inputs, hidden, cells] = [weightIh.length / rows, rows / 4, steps * batch];
    this.#reverse = reverse;
    this.#steps = steps;
    this.#batch = batch;
    this.#inputs = inputs;
    this.#hidden = hidden;
    this.#weightIh = weightIh;
    this.#weightHh = weightHh;
    this.#bias = bias;
    this.#panels = new Panels(rows, weightHh);
    this.#gates = new Float32Array(cells * rows);
    this.#h = new Float32Array((cells + batch) * hidden);
    this.#c = new Float32Array((cells + batch) * hidden);
    this.gradients = {
      weightIh: new Float32Array(weightIh.length),
      weightHh: new Float32Array(weightHh.length),
      bias: new Float32Array(rows),
    };
    this.#backward = {
      weightIhT: new Float32Array(weightIh.length),
      weightHhT: new Float32Array(weightHh.length),
      gatesT: new Float32Array(cells * rows),
      inputT: new Float32Array(cells * inputs),
      hT: new Float32Array(cells * hidden),
      dh: new Float32Array(batch * hidden),
      dc: new Float32Array(batch * hidden),
    };
  }

  /** Reads x (steps, batch, inputs) and writes its columns of y (steps, batch, width), beginning at `column`. */
  forward(x: Float32Array, y: Float32Array, width: number, column: number): void {
    const [batch, hidden, rows] = [this.#batch, this.#hidden, 4 * this.#hidden];
    const [gates, bias] = [this.#gates, this.#bias];
    for (let at = 0; at < gates.length; at += rows) gates.set(bias, at);
    addProduct(x, 0, this.#weightIh, gates, 0, this.#steps * batch, rows, this.#inputs);
    for (let step = 0; step < this.#steps; step++) {
      const at = this.#position(step) * batch;
      const before = step * batch * hidden;
      if (step > 0) this.#addRecurrent(before, at * rows);
      cells(gates, at * rows, this.#c, this.#h, before, batch, hidden);
      for (let row = 0; row < batch; row++) {
        const from = before + (batch + row) * hidden;
        const to = (at + row) * width + column;
        for (let unit = 0; unit < hidden; unit++) y[to + unit] = this.#h[from + unit] as number;
      }
    }
  }

  /** Copies h and c of the last step, (batch, hidden), into `hn` and `cn` from `at` on. */
  copyState(hn: Float32Array, cn: Float32Array, at: number): void {
    const last = this.#steps * this.#batch * this.#hidden;
    hn.set(this.#h.subarray(last), at);
    cn.set(this.#c.subarray(last), at);
  }

  /** After forward: reads dy as forward wrote y, adds to dx (steps, batch, inputs), writes `gradients`. */
  backward(x: Float32Array, dy: Float32Array, width: number, column: number, dx: Float32Array): void {
    const [steps, batch, inputs, hidden, rows] = [
      this.#steps,
      this.#batch,
      this.#inputs,
      this.#hidden,
      4 * this.#hidden,
    ];
    const gates = this.#gates;
    const { weightIhT, weightHhT, gatesT, inputT, hT, dh, dc } = this.#backward;
    transpose(this.#weightHh, rows, hidden, weightHhT);
    dh.fill(0);
    dc.fill(0);
    for (let step = steps - 1; step >= 0; step--) {
      const at = this.#position(step) * batch;
      cellsBackward(gates, at * rows, this.#c, step * batch * hidden, dy, at * width + column, width, dh, dc, hidden);
      dh.fill(0);
      addProduct(gates, at * rows, weightHhT, dh, 0, batch, hidden, rows);
    }
    transpose(this.#weightIh, rows, inputs, weightIhT);
    addProduct(gates, 0, weightIhT, dx, 0, steps * batch, inputs, rows);

    transpose(gates, steps * batch, rows, gatesT);
    transpose(x, steps * batch, inputs, inputT);
    this.#transposeHBefore(hT);
    const { weightIh, weightHh, bias } = this.gradients;
    addProduct(gatesT, 0, inputT, weightIh.fill(0), 0, rows, inputs, steps * batch);
    addProduct(gatesT, 0, hT, weightHh.fill(0), 0, rows, hidden, steps * batch);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let at = row * steps * batch; at < (row + 1) * steps * batch; at++) sum += gatesT[at] as number;
      bias[row] = sum;
    }
  }

  /** gates += h W_hh^T */
  #addRecurrent(hStart: number, gatesStart: number): void {
    const [batch, hidden, rows] = [this.#batch, this.#hidden, 4 * this.#hidden];
    if (batch > 1) {
      addProduct(this.#h, hStart, this.#weightHh, this.#gates, gatesStart, batch, rows, hidden);
    } else {
      const { x } = this.#panels;
      for (let unit = 0; unit < hidden; unit++) x[unit] = this.#h[hStart + unit] as number;
      this.#panels.addTo(this.#gates, gatesStart, rows);
    }
  }

  #position(step: number): number {
    return this.#reverse ? this.#steps - 1 - step : step;
  }

  /** hT (hidden, steps * batch): the h that each step of the input began with. */
  #transposeHBefore(hT: Float32Array): void {
    const [batch, hidden, columns] = [this.#batch, this.#hidden, this.#steps * this.#batch];
    for (let step = 0; step < this.#steps; step++) {
      for (let row = 0; row < batch; row++) {
        const from = (step * batch + row) * hidden;
        const to = this.#position(step) * batch + row;
        for (let unit = 0; unit < hidden; unit++) hT[unit * columns + to] = this.#h[from + unit] as number;
      }
    }
  }
}

/** What only backward needs: operands turned so that `addProduct` reads them along their rows, and the running gradients. */
interface Scratch {
  readonly weightIhT: Float32Array;
  readonly weightHhT: Float32Array;
  readonly gatesT: Float32Array;
  readonly inputT: Float32Array;
  readonly hT: Float32Array;
  readonly dh: Float32Array;
  readonly dc: Float32Array;
}

/** Activates the gates in place and makes c and h of a step, which lie one batch after those of the step before. */
export function cells(
  gates: Float32Array,
  gatesStart: number,
  c: Float32Array,
  h: Float32Array,
  before: number,
  batch: number,
  hidden: number,
): void {
  const after = before + batch * hidden;
  for (let row = 0; row < batch; row++) {
    let at = gatesStart + row * 4 * hidden;
    for (let cell = row * hidden; cell < (row + 1) * hidden; cell++, at++) {
      const i = sigmoid(gates[at] as number);
      const f = sigmoid(gates[at + hidden] as number);
      const g = tanh(gates[at + 2 * hidden] as number);
      const o = sigmoid(gates[at + 3 * hidden] as number);
      const next = f * (c[before + cell] as number) + i * g;
      gates[at] = i;
      gates[at + hidden] = f;
      gates[at + 2 * hidden] = g;
      gates[at + 3 * hidden] = o;
      c[after + cell] = next;
      h[after + cell] = o * tanh(next);
    }
  }
}

/** Turns the activations of a step into the gradients of the pre-activations; dc becomes that of the step before. */
function cellsBackward(
  gates: Float32Array,
  gatesStart: number,
  c: Float32Array,
  before: number,
  dy: Float32Array,
  dyStart: number,
  dyWidth: number,
  dh: Float32Array,
  dc: Float32Array,
  hidden: number,
): void {
  const after = before + dh.length;
  for (let row = 0; row * hidden < dh.length; row++) {
    let at = gatesStart + row * 4 * hidden;
    let from = dyStart + row * dyWidth;
    for (let cell = row * hidden; cell < (row + 1) * hidden; cell++, at++, from++) {
      const i = gates[at] as number;
      const f = gates[at + hidden] as number;
      const g = gates[at + 2 * hidden] as number;
      const o = gates[at + 3 * hidden] as number;
      const tanhC = tanh(c[after + cell] as number);
      const dhNow = (dy[from] as number) + (dh[cell] as number);
      const dcNow = (dc[cell] as number) + dhNow * o * (1 - tanhC * tanhC);
      gates[at] = dcNow * g * i * (1 - i);
      gates[at + hidden] = dcNow * (c[before + cell] as number) * f * (1 - f);
      gates[at + 2 * hidden] = dcNow * i * (1 - g * g);
      gates[at + 3 * hidden] = dhNow * tanhC * o * (1 - o);
      dc[cell] = dcNow * f;
    }
  }
}
