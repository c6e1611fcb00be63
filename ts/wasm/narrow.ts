/** Integer weights inside WebAssembly, value by value: their integers and the scale of each row. */
import { LSTMError } from "../checks/errors.js";
import type { Floats } from "../tensor/arrays.js";
import type { Quantization, Weights } from "../tensor/quantization.js";

/**
 * A value of an integer weight, integer times scale; behind the last column the scale of the row. What is `written`, unless it is NaN,
 * takes its place: a value rounded by the scale, or a scale. One column further the largest magnitude of the row is written, of which
 * the scale is made.
 */
export type NarrowValue = (row: number, column: number, written: number) => number;

/** Values of so many columns of each row, from the first of them on. */
export function readNarrow(at: NarrowValue, rows: number, columns: number, first = 0): Floats {
  const values = new Float32Array(rows * columns);
  for (let index = 0; index < values.length; index++) {
    values[index] = at(Math.floor(index / columns), first + (index % columns), NaN);
  }
  return values;
}

/**
 * Writes all values, as the integers that they are by a `quantization` of this kind, or else rounded.
 *
 * @throws LSTMError `STATE_DICT` for values that are no integers of this kind times their scales
 */
export function writeNarrow(
  at: NarrowValue,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  weights: Weights,
  values: Float32Array,
  quantization: Quantization | undefined,
): void {
  const columns = shape[1] as number;
  const scales = quantization?.weights === weights ? quantization.scale : undefined;
  for (let row = 0; row * columns < values.length; row++) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    if (scales) at(row, columns, scales[row] as number);
    else at(row, columns + 1, largestMagnitude(own));
    own.forEach((value, column) => {
      // Less itself, an infinity is NaN, as NaN is.
      if (at(row, column, value) - value === 0 || !scales) return;
      const expected = `no ${weights} of ${columns} columns times the scale ${scales[row]} of its quantization`;
      throw new LSTMError("STATE_DICT", `${name}, row ${row}: ${value} is ${expected}; without one it is rounded`);
    });
  }
}

/** Of a row of weights; its scale is made of it. NaN if a value is. */
export const largestMagnitude = (values: Float32Array): number =>
  values.reduce((most, one) => Math.max(most, one, -one), 0);
