/** Weights as onnxruntime's quantize_dynamic writes them, with `per_channel`: int8, a scale for each row, no zero points. */
export interface IntegerWeights {
  /** (directions, columns, rows): columns and rows change places. */
  readonly values: Int8Array;
  /** (directions, rows) */
  readonly scales: Float32Array;
  readonly zeroPoints: Int8Array;
}

/** @param directions matrices of so many columns, row by row */
export function integersOf(directions: readonly Float32Array[], columns: number): IntegerWeights {
  const size = directions[0]?.length ?? 0;
  const rows = size / columns;
  const values = new Int8Array(directions.length * size);
  const scales = new Float32Array(directions.length * rows);
  for (const [direction, matrix] of directions.entries()) {
    for (let row = 0; row < rows; row++) {
      const weights = matrix.subarray(row * columns, (row + 1) * columns);
      const scale = Math.fround(weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0) / 127) || 1;
      scales[direction * rows + row] = scale;
      for (const [column, weight] of weights.entries()) {
        values[direction * size + column * rows + row] = Math.max(-127, Math.min(127, Math.round(weight / scale)));
      }
    }
  }
  return { values, scales, zeroPoints: new Int8Array(scales.length) };
}
