/**
 * NumPy's files of one array.
 *
 * A `.npy` file is `\x93NUMPY`, the version, the header's length, the header (a Python dict as text: the type, the order and
 * the shape), then the numbers.
 */
import { shapeText } from "../checks/describe.js";
import { checkBoolean, checkObject } from "../checks/options.js";
import type { Bytes } from "../tensor/arrays.js";
import { MAX_DIMENSIONS, product } from "../tensor/elements.js";
import { contiguous } from "../tensor/strides.js";
import { allocate, asTensor, Tensor, type TensorInput } from "../tensor/tensor.js";
import { asBytes, badFile, joined } from "./bytes.js";
import { quote } from "./json-reader.js";
import { NUMBER_TYPES, type NumberType } from "./npy-numbers.js";
import { gather, swapped } from "./strided-bytes.js";

/** Options of `loadNpy`. */
export interface NpyOptions {
  /** Whether arrays of integers and bools are read; true by default. Each of their values must be exact in float32. */
  integers?: boolean | undefined;
}

/**
 * The array of a `.npy` file.
 *
 * float32 is copied as it is, float16 widens exactly, float64 rounds to the nearest float32. Integers are read where float32
 * has every value: all up to 2^24. Fortran's order and big-endian numbers are turned round.
 *
 * @throws LSTMError `FILE` for bytes that are no such file, an array of another type, or an integer that float32 does
 *   not have; `OPTION`; `OUT_OF_MEMORY`.
 */
export function loadNpy(bytes: ArrayBufferLike | ArrayBufferView, options: NpyOptions = {}): Tensor {
  const { integers = true } = checkObject("loadNpy", options, ["integers"]);
  return readArray("The file", asBytes(bytes), checkBoolean("integers", integers)).tensor();
}

/** A file's array: whether its type is one that is read, and the array itself. `what` is it in an error. */
export function readArray(
  what: string,
  bytes: Uint8Array,
  integers: boolean,
): { supported: boolean; tensor: () => Tensor } {
  const invalid = (why: string) => badFile(`${what} is not valid as .npy: ${why}`);
  const start = String.fromCharCode(...bytes.subarray(0, 6));
  if (start !== "\x93NUMPY") {
    throw invalid(`it must begin with \\x93NUMPY, got ${quote(start)}`);
  }
  const long = bytes[6] === 1 ? 0 : 2; // the header's length has 2 bytes in version 1, 4 since version 2
  if (bytes.length < 10 + long) throw invalid("it ends in its header (a truncated file?)");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = 10 + long + (long === 0 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (begin > bytes.length || begin > MAX_HEADER_BYTES) throw invalid("its header is too long (a truncated file?)");
  const header = String.fromCharCode(...bytes.subarray(10 + long, begin));

  const type = /['"]descr['"]: *['"]([<>|=]?)(\w+)['"]/.exec(header);
  const order = /['"]fortran_order['"]: *(True|False)/.exec(header)?.[1];
  const sizes = /['"]shape['"]: *\(([\d, L]*)\)/.exec(header)?.[1];
  const number = integers || !/^[biu]/.test(type?.[2] ?? "") ? NUMBER_TYPES.get(type?.[2] ?? "") : undefined;
  const tensor = () => {
    if (order === undefined || sizes === undefined) throw invalid("its header has no order or no shape");
    if (number === undefined) {
      const descr = type?.[0] ?? "of a structured type";
      throw badFile(`${what} is ${descr}; float16, float32 and float64 are read${integers ? ", and integers" : ""}`);
    }
    const shape = (sizes.match(/\d+/g) ?? []).map(Number);
    const data = bytes.subarray(begin);
    return toTensor(
      invalid,
      number,
      shape,
      order === "True",
      type?.[1] === ">" ? swapped(data, number.itemSize) : data,
    );
  };
  return { supported: number !== undefined, tensor };
}

/** NumPy's own limit is 10000. */
const MAX_HEADER_BYTES = 2 ** 14;

function toTensor(
  invalid: (why: string) => Error,
  { itemSize, read }: NumberType,
  shape: readonly number[],
  fortran: boolean,
  data: Uint8Array,
): Tensor {
  if (shape.length > MAX_DIMENSIONS) throw invalid(`its shape has more than ${MAX_DIMENSIONS} dimensions`);
  const count = product(shape);
  if (!shape.every(Number.isSafeInteger) || count * itemSize !== data.length) {
    const expected = `${shapeText(shape)} takes ${count * itemSize} bytes`;
    throw invalid(`its shape ${expected}, got ${data.length} (a truncated file?)`);
  }
  const bytes = gather(data, { offset: 0, shape, stride: contiguous(shape, fortran) }, itemSize);
  const values = allocate(shape);
  const inexact = read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), values);
  if (inexact !== undefined) throw invalid(`its integer number ${inexact}, counted from 0, is none that float32 has`);
  return new Tensor(values, shape);
}

/**
 * The bytes of a `.npy` file of a float32 tensor, the same as `np.save` writes.
 *
 * @throws LSTMError `DTYPE` or `SHAPE_MISMATCH` for values that are no tensor; `OUT_OF_MEMORY`.
 */
export function saveNpy(tensor: TensorInput): Bytes {
  return npyOf("tensor", tensor);
}

/** `argument` is the tensor in an error. */
export function npyOf(argument: string, value: TensorInput): Bytes {
  const { data, shape } = asTensor(argument, value);
  const [first] = shape;
  const tuple = shape.length === 1 ? `(${first},)` : `(${shape.join(", ")})`;
  // NumPy leaves room for a first dimension of 21 digits, so that a file can grow, and lets the numbers begin at a multiple of 64.
  const room = " ".repeat(first === undefined ? 0 : 21 - String(first).length);
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }${room}`;
  const begin = Math.ceil((10 + header.length + 1) / 64) * 64;
  const text = `\x93NUMPY\x01\x00${String.fromCharCode((begin - 10) & 255, (begin - 10) >> 8)}${header.padEnd(begin - 11)}\n`;
  const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return joined("a file", [Uint8Array.from(text, (letter) => letter.charCodeAt(0)), values]);
}
