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
import { allocate, asTensor, type Tensor, type TensorInput } from "../tensor/tensor.js";
import { allocateBytes, asBytes, badFile } from "./bytes.js";
import { quote } from "./json-reader.js";
import { NUMBER_TYPES, readNumbers } from "./npy-numbers.js";

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
  return readArray("The file", asBytes(bytes), checkBoolean("integers", integers)) as Tensor;
}

/**
 * A file's array; undefined if its type is none that is read and `skips` says that this is no error.
 *
 * @param what it is in an error
 */
export function readArray(what: string, bytes: Uint8Array, integers: boolean, skips = false): Tensor | undefined {
  const invalid = (why: string) => badFile(`${what} is not valid as .npy: ${why}`);
  const start = String.fromCharCode(...bytes.subarray(0, 6));
  if (start !== "\x93NUMPY") {
    throw invalid(`it must begin with \\x93NUMPY, got ${quote(start)}`);
  }
  const from = bytes[6] === 1 ? 10 : 12; // the header's length has 2 bytes in version 1, 4 since version 2
  const begin = bytes.subarray(8, from).reduceRight((length, byte) => 256 * length + byte, 0) + from;
  if (begin > Math.min(bytes.length, MAX_HEADER_BYTES)) throw invalid("its header is too long (a truncated file?)");
  const header = String.fromCharCode(...bytes.subarray(from, begin));

  const [descr = "of a structured type", order, type = ""] =
    /['"]descr['"]: *['"]([<>|=]?)(\w+)['"]/.exec(header) ?? [];
  const fortran = /['"]fortran_order['"]: *(True|False)/.exec(header)?.[1];
  const sizes = /['"]shape['"]: *\(([\d, L]*)\)/.exec(header)?.[1];
  if (fortran === undefined || sizes === undefined) throw invalid("its header has no order or no shape");
  const itemSize = integers || type[0] === "f" ? NUMBER_TYPES.get(type)?.BYTES_PER_ELEMENT : undefined;
  if (itemSize === undefined) {
    if (skips) return undefined;
    throw badFile(`${what} is ${descr}; float16, float32 and float64 are read${integers ? ", and integers" : ""}`);
  }
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  if (shape.length > MAX_DIMENSIONS) throw invalid(`its shape has more than ${MAX_DIMENSIONS} dimensions`);
  const size = product(shape) * itemSize;
  const got = bytes.length - begin;
  if (!shape.every(Number.isSafeInteger) || size !== got) {
    throw invalid(`its shape ${shapeText(shape)} takes ${size} bytes, got ${got} (a truncated file?)`);
  }
  const numbers = allocateBytes("an array", size);
  numbers.set(bytes.subarray(begin));
  if (order === ">") for (let at = 0; at < size; at += itemSize) numbers.subarray(at, at + itemSize).reverse();
  const data = allocate(shape);
  readNumbers(type, numbers.buffer, data, (at) =>
    invalid(`its integer number ${at}, counted from 0, is none that float32 has`),
  );
  return asTensor("array", { data, shape, fortranOrder: fortran === "True" });
}

/** NumPy's own limit is 10000. */
const MAX_HEADER_BYTES = 2 ** 14;

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
  const tuple = shape.join(", ") + (shape.length === 1 ? "," : "");
  // NumPy leaves room for a first dimension of 21 digits, so that a file can grow, and lets the numbers begin at a multiple of 64.
  const room = " ".repeat(first === undefined ? 0 : 21 - String(first).length);
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }${room}`;
  const begin = Math.ceil((10 + header.length + 1) / 64) * 64;
  const text = `\x93NUMPY\x01\0${String.fromCharCode((begin - 10) & 255, (begin - 10) >> 8)}${header.padEnd(begin - 11)}\n`;
  const bytes = allocateBytes("an array", begin + data.byteLength);
  for (let i = 0; i < begin; i++) bytes[i] = text.charCodeAt(i);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), begin);
  return bytes;
}
