/** The number types of NumPy that become float32. */
import { readFloat16 } from "./floats.js";

type NumberArray = { new (buffer: ArrayBuffer): ArrayLike<number | bigint>; readonly BYTES_PER_ELEMENT: number };

/** What their bytes are read as, by the letter and size of NumPy's type strings: `<f4` is little-endian `f4`. */
export const NUMBER_TYPES: ReadonlyMap<string, NumberArray> = new Map<string, NumberArray>([
  ["f2", Uint16Array],
  ["f4", Float32Array],
  ["f8", Float64Array],
  ["b1", Uint8Array],
  ["u1", Uint8Array],
  ["u2", Uint16Array],
  ["u4", Uint32Array],
  ["u8", BigUint64Array],
  ["i1", Int8Array],
  ["i2", Int16Array],
  ["i4", Int32Array],
  ["i8", BigInt64Array],
]);

/**
 * Reads numbers of a type as float32: float16 widens exactly, float64 rounds. `inexact` makes the error of an integer, by its
 * place, that float32 does not have: it has all up to 2^24, above that multiples of powers of 2.
 */
export function readNumbers(
  type: string,
  bytes: ArrayBuffer,
  values: Float32Array,
  inexact: (at: number) => Error,
): void {
  const Numbers = NUMBER_TYPES.get(type) as NumberArray;
  const numbers = new Numbers(bytes);
  if (type === "f2") readFloat16(new DataView(bytes), values);
  else if (type[0] === "f") values.set(numbers as ArrayLike<number>);
  else
    for (let i = 0; i < values.length; i++) {
      const value = numbers[i] as number | bigint;
      values[i] = Number(value);
      // biome-ignore lint/suspicious/noDoubleEquals: a BigInt and a number are compared by their value
      if (values[i] != value) throw inexact(i);
    }
}
