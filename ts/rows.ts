/** Copies rows of h and c between a caller's tensors and WebAssembly's floats, where a packed batch is sorted. */

/** Copies the rows of each state into the batch's sorted order. */
export function writeSortedRows(
  floats: Float32Array,
  at: number,
  source: Float32Array,
  width: number,
  order: Int32Array | null,
): void {
  if (order === null) {
    floats.set(source, at);
    return;
  }
  for (let row = 0; row * width < source.length; row++) {
    const from = sortedRow(row, order) * width;
    for (let column = 0; column < width; column++) floats[at + row * width + column] = source[from + column] as number;
  }
}

/** Copies the rows of each state back into the caller's order. */
export function readSortedRows(
  floats: Float32Array,
  at: number,
  target: Float32Array,
  width: number,
  order: Int32Array | null,
): void {
  if (order === null) {
    readRows(floats, at, target);
    return;
  }
  for (let row = 0; row * width < target.length; row++) {
    const to = sortedRow(row, order) * width;
    for (let column = 0; column < width; column++) target[to + column] = floats[at + row * width + column] as number;
  }
}

/** Copies values out as they lie; by hand where making a view would cost more than the copy. */
export function readRows(floats: Float32Array, at: number, target: Float32Array): void {
  if (target.length > 64) target.set(floats.subarray(at, at + target.length));
  else for (let index = 0; index < target.length; index++) target[index] = floats[at + index] as number;
}

/** The caller's row of row `row` in sorted order: whole batches one after the other, each sorted alike. */
function sortedRow(row: number, order: Int32Array): number {
  const batch = order.length;
  return row - (row % batch) + (order[row % batch] as number);
}
