/** Copies rows of h and c between a caller's tensors and WebAssembly's floats, where a packed batch is sorted. */

/** Up to so many values are copied by hand: a call of the engine's own copying costs more. */
const FEW = 16;

/** Copies values in as they lie. */
export function writeRows(floats: Float32Array, at: number, source: Float32Array): void {
  const { length } = source;
  if (length > FEW) floats.set(source, at);
  else for (let index = 0; index < length; index++) floats[at + index] = source[index] as number;
}

/** Copies values out as they lie; here the engine would need a view, too. */
export function readRows(floats: Float32Array, at: number, target: Float32Array): void {
  const { length } = target;
  if (length > 40) target.set(floats.subarray(at, at + length));
  else for (let index = 0; index < length; index++) target[index] = floats[at + index] as number;
}

/** Copies the rows of each state into the batch's sorted order. */
export function writeSortedRows(
  floats: Float32Array,
  at: number,
  source: Float32Array,
  width: number,
  order: Int32Array | null,
): void {
  if (order === null) writeRows(floats, at, source);
  else
    for (let index = 0; index < source.length; index++)
      floats[at + index] = source[sortedPlace(index, width, order)] as number;
}

/** Copies the rows of each state back into the caller's order. */
export function readSortedRows(
  floats: Float32Array,
  at: number,
  target: Float32Array,
  width: number,
  order: Int32Array | null,
): void {
  if (order === null) readRows(floats, at, target);
  else
    for (let index = 0; index < target.length; index++)
      target[sortedPlace(index, width, order)] = floats[at + index] as number;
}

/** The caller's place of value `index` in sorted order: whole batches one after the other, each sorted alike. */
function sortedPlace(index: number, width: number, order: Int32Array): number {
  const column = index % width;
  const row = (index - column) / width;
  const sequence = row % order.length;
  return (row - sequence + (order[sequence] as number)) * width + column;
}
