/** Strides: how many values further the next entry of each dimension lies. */
import { product } from "./elements.js";

/** The strides of values that lie side by side, row by row or column by column. */
export function contiguous(shape: readonly number[], columnMajor: boolean): number[] {
  return shape.map((_, d) => product(columnMajor ? shape.slice(0, d) : shape.slice(d + 1)));
}

/** Whether values with these strides lie side by side, row by row. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  const dense = contiguous(shape, false);
  return shape.every((size, d) => size === 1 || strides[d] === dense[d]);
}

/** Tells where each value lies, row by row, and how many came before it. The first value lies at `offset`. */
export function eachOffset(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  visit: (from: number, to: number) => void,
): void {
  const size = product(shape);
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < size; to++) {
    visit(from, to);
    // Add 1 to the index, as an odometer does: where a digit is full, it goes back to 0 and the digit before it is raised.
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d] as number;
      if (++(index[d] as number) < (shape[d] as number)) break;
      from -= (strides[d] as number) * (shape[d] as number);
      index[d] = 0;
    }
  }
}
