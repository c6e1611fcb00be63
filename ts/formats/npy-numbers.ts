/** The number types of NumPy that become float32. */
import { type FloatReader, readFloat16, readFloat32, readFloat64 } from "./floats.js";

/** Returns the place of a value that float32 does not have, or undefined. */
type IntegerReader = (source: DataView, values: Float32Array) => number | undefined;

/** Integers are read only if float32 has each of them: all up to 2^24, above that multiples of powers of 2. */
const integers =
  (itemSize: number, at: (source: DataView, byte: number) => number | bigint): IntegerReader =>
  (source, values) => {
    for (let i = 0; i < values.length; i++) {
      const value = at(source, i * itemSize);
      values[i] = Number(value);
      // biome-ignore lint/suspicious/noDoubleEquals: a BigInt and a number are compared by their value
      if (values[i] != value) return i;
    }
    return undefined;
  };

/** By the letter and size of NumPy's type strings: `<f4` is little-endian `f4`. */
export const NUMBER_TYPES: ReadonlyMap<string, readonly [itemSize: number, read: FloatReader | IntegerReader]> =
  new Map([
    ["f2", [2, readFloat16]],
    ["f4", [4, readFloat32]],
    ["f8", [8, readFloat64]],
    ["b1", [1, integers(1, (source, byte) => source.getUint8(byte))]],
    ["u1", [1, integers(1, (source, byte) => source.getUint8(byte))]],
    ["u2", [2, integers(2, (source, byte) => source.getUint16(byte, true))]],
    ["u4", [4, integers(4, (source, byte) => source.getUint32(byte, true))]],
    ["u8", [8, integers(8, (source, byte) => source.getBigUint64(byte, true))]],
    ["i1", [1, integers(1, (source, byte) => source.getInt8(byte))]],
    ["i2", [2, integers(2, (source, byte) => source.getInt16(byte, true))]],
    ["i4", [4, integers(4, (source, byte) => source.getInt32(byte, true))]],
    ["i8", [8, integers(8, (source, byte) => source.getBigInt64(byte, true))]],
  ]);
