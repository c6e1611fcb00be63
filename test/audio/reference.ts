/** What the programs that write these files compute, in float64, loop by loop as their sources have it. */

export type Matrix = number[][];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
const column = (matrix: Matrix, c: number): number[] => matrix.map((row) => row[c] as number);

/** RTNeural's LSTMLayer: kernels (in, 4 * out) whose columns are i, f, c, o. */
export function rtneuralLstm(kernel: Matrix, recurrent: Matrix, bias: number[], samples: Matrix): Matrix {
  const size = bias.length / 4;
  let h = new Array<number>(size).fill(0);
  let c = new Array<number>(size).fill(0);
  return samples.map((x) => {
    const gate = (g: number, k: number) =>
      dot(column(kernel, g * size + k), x) + dot(column(recurrent, g * size + k), h) + (bias[g * size + k] as number);
    c = c.map((before, k) => sigmoid(gate(1, k)) * before + sigmoid(gate(0, k)) * Math.tanh(gate(2, k)));
    h = c.map((memory, k) => sigmoid(gate(3, k)) * Math.tanh(memory));
    return h;
  });
}

/** RTNeural's GRULayer: kernels (in, 3 * out) whose columns are z, r, c; two rows of biases. */
export function rtneuralGru(kernel: Matrix, recurrent: Matrix, bias: Matrix, samples: Matrix): Matrix {
  const [b0, b1] = bias as [number[], number[]];
  const size = b0.length / 3;
  let h = new Array<number>(size).fill(0);
  return samples.map((x) => {
    const w = (g: number, k: number) => dot(column(kernel, g * size + k), x) + (b0[g * size + k] as number);
    const u = (g: number, k: number) => dot(column(recurrent, g * size + k), h) + (b1[g * size + k] as number);
    h = h.map((before, k) => {
      const z = sigmoid(w(0, k) + u(0, k));
      const r = sigmoid(w(1, k) + u(1, k));
      return (1 - z) * Math.tanh(w(2, k) + r * u(2, k)) + z * before;
    });
    return h;
  });
}

/** A dense layer of RTNeural: a kernel (in, out). */
export const dense = (kernel: Matrix, bias: number[], samples: Matrix): Matrix =>
  samples.map((x) => bias.map((b, k) => dot(column(kernel, k), x) + b));

/** Neural Amp Modeler's LSTM, which takes its weights off one list. */
export function nam(
  config: { input_size: number; hidden_size: number; num_layers: number },
  weights: number[],
  samples: number[],
) {
  const { hidden_size: size, num_layers: count } = config;
  let at = 0;
  const take = (length: number) => {
    at += length;
    return weights.slice(at - length, at);
  };
  const cells = Array.from({ length: count }, (_, layer) => {
    const inputs = layer === 0 ? config.input_size : size;
    const w = Array.from({ length: 4 * size }, () => take(inputs + size));
    return { w, b: take(4 * size), h: take(size), c: take(size) };
  });
  const [head, bias] = [take(size), take(1)[0] as number];
  return samples.map((sample) => {
    let x = [sample];
    for (const cell of cells) {
      const xh = [...x, ...cell.h];
      const ifgo = cell.w.map((row, r) => dot(row, xh) + (cell.b[r] as number));
      const gate = (g: number, k: number) => ifgo[g * size + k] as number;
      cell.c = cell.c.map((before, k) => sigmoid(gate(1, k)) * before + sigmoid(gate(0, k)) * Math.tanh(gate(2, k)));
      cell.h = cell.c.map((memory, k) => sigmoid(gate(3, k)) * Math.tanh(memory));
      x = cell.h;
    }
    return dot(head, x) + bias;
  });
}
