/** Numbers of a file that do not lie one after the other, or not in this machine's byte order. */
import { product } from "../tensor/elements.js";
import { eachOffset, isContiguous } from "../tensor/strides.js";

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

/** The bytes of an array, element after element in row-major order. What lies so already is not copied. */
export function gather(source: Uint8Array, { offset, shape, stride }: Layout, itemSize: number): Uint8Array {
  const count = product(shape);
  const begin = offset * itemSize;
  if (count === 0 || isContiguous(shape, stride)) return source.subarray(begin, begin + count * itemSize);
  const bytes = new Uint8Array(count * itemSize);
  eachOffset(shape, stride, offset, (from, to) => {
    for (let i = 0; i < itemSize; i++) bytes[to * itemSize + i] = source[from * itemSize + i] as number;
  });
  return bytes;
}

/** A copy with the bytes of each element in the other order. */
export function swapped(bytes: Uint8Array, itemSize: number): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; at < copy.length; at += itemSize) copy.subarray(at, at + itemSize).reverse();
  return copy;
}
