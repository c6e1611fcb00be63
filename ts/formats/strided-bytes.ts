/** Numbers of a file that do not lie one after the other, or not in this machine's byte order. */

/** An array as it lies in memory: element [i, j] is element `offset + i * stride[0] + j * stride[1]` of what holds it. */
export interface Layout {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/** One more than the last element that an array of this layout has; 0 if it has none. All numbers are at least 0. */
export function endOf({ offset, shape, stride }: Layout): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, size, d) => last + (size - 1) * (stride[d] as number), offset) + 1;
}

/** The strides of an array that lies row after row; for Fortran's order pass the shape reversed, and reverse the result. */
export function rowMajor(shape: readonly number[]): number[] {
  const stride = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) stride[d] = (stride[d + 1] as number) * (shape[d + 1] as number);
  return stride;
}

/** The bytes of an array, element after element in row-major order. What lies so already is not copied. */
export function gather(source: Uint8Array, layout: Layout, itemSize: number): Uint8Array {
  const { offset, shape, stride } = layout;
  const count = shape.reduce((a, b) => a * b, 1);
  const dense = rowMajor(shape);
  const begin = offset * itemSize;
  if (count === 0 || shape.every((size, d) => size === 1 || stride[d] === dense[d])) {
    return source.subarray(begin, begin + count * itemSize);
  }
  const bytes = new Uint8Array(count * itemSize);
  const index = shape.map(() => 0);
  let from = begin;
  for (let to = 0; to < bytes.length; ) {
    for (let i = 0; i < itemSize; i++) bytes[to++] = source[from + i] as number;
    // Add 1 to the index, as an odometer does: where a digit is full, it goes back to 0 and the digit before it is raised.
    for (let d = shape.length - 1; d >= 0; d--) {
      const step = (stride[d] as number) * itemSize;
      from += step;
      index[d] = (index[d] as number) + 1;
      if (index[d] !== shape[d]) break;
      from -= step * (shape[d] as number);
      index[d] = 0;
    }
  }
  return bytes;
}

/** A copy with the bytes of each element in the other order. */
export function swapped(bytes: Uint8Array, itemSize: number): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at < copy.length; at += itemSize) copy.subarray(at, at + itemSize).reverse();
  return copy;
}
