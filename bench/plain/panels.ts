/** Rows in a panel: eight sums and a value of x stay in registers. */
const HEIGHT = 8;

/**
 * A matrix for products with one vector, which is all that a step of one sequence does: doubles, since loading a float32
 * costs a conversion and nothing is loaded twice, and eight rows interleaved, so that one index serves them all.
 */
export class Panels {
  /** Where x is to be written before `addTo`. */
  readonly x: Float64Array;
  readonly #values: Float64Array;
  /** With room for the rows that fill the last panel. */
  readonly #sums: Float64Array;

  /** @param weights (rows, columns) in blocks that stand side by side */
  constructor(rows: number, ...weights: readonly Float32Array[]) {
    const columns = weights.reduce((sum, { length }) => sum + length / rows, 0);
    const panels = Math.ceil(rows / HEIGHT);
    this.x = new Float64Array(columns);
    this.#sums = new Float64Array(panels * HEIGHT);
    this.#values = new Float64Array(panels * HEIGHT * columns);
    let first = 0;
    for (const block of weights) {
      const width = block.length / rows;
      for (let row = 0; row < rows; row++) {
        const panel = Math.floor(row / HEIGHT) * HEIGHT * columns + (row % HEIGHT);
        for (let k = 0; k < width; k++) this.#values[panel + (first + k) * HEIGHT] = block[row * width + k] as number;
      }
      first += width;
    }
  }

  /** y += W x for `rows` values of y, from `start` on. */
  addTo(y: Float32Array, start: number, rows: number): void {
    const sums = this.#sums;
    for (let row = 0; row < rows; row++) sums[row] = y[start + row] as number;
    for (let row = 0; row < rows; row += HEIGHT) addPanel(this.#values, row * this.x.length, this.x, sums, row);
    for (let row = 0; row < rows; row++) y[start + row] = sums[row] as number;
  }
}

function addPanel(values: Float64Array, start: number, x: Float64Array, sums: Float64Array, row: number): void {
  let s0 = sums[row] as number;
  let s1 = sums[row + 1] as number;
  let s2 = sums[row + 2] as number;
  let s3 = sums[row + 3] as number;
  let s4 = sums[row + 4] as number;
  let s5 = sums[row + 5] as number;
  let s6 = sums[row + 6] as number;
  let s7 = sums[row + 7] as number;
  const depth = x.length;
  let at = start;
  for (let k = 0; k < depth; k++) {
    const value = x[k] as number;
    s0 += value * (values[at] as number);
    s1 += value * (values[at + 1] as number);
    s2 += value * (values[at + 2] as number);
    s3 += value * (values[at + 3] as number);
    s4 += value * (values[at + 4] as number);
    s5 += value * (values[at + 5] as number);
    s6 += value * (values[at + 6] as number);
    s7 += value * (values[at + 7] as number);
    at = (at + 8) | 0; // without a check for overflow
  }
  sums[row] = s0;
  sums[row + 1] = s1;
  sums[row + 2] = s2;
  sums[row + 3] = s3;
  sums[row + 4] = s4;
  sums[row + 5] = s5;
  sums[row + 6] = s6;
  sums[row + 7] = s7;
}
