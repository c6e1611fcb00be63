/** The values of a TensorProto. */
import { shapeText } from "../../checks/describe.js";
import { MAX_DIMENSIONS, product } from "../../tensor/elements.js";
import { allocate } from "../../tensor/tensor.js";
import { badFile, joined } from "../bytes.js";
import { type FloatReader, readBFloat16, readFloat16, readFloat32, readFloat64 } from "../floats.js";
import { quote } from "../json-reader.js";
import { invalid } from "./protobuf.js";
import type { TensorMessage } from "./schema.js";

/** A value that is known before the model runs. Numbers that are not integers are float32. */
export interface Constant {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** TensorProto.DataType: bytes of each value, and how floating-point numbers are read. */
const FLOATS: ReadonlyMap<number | undefined, readonly [size: number, read: FloatReader]> = new Map([
  [1, [4, readFloat32]],
  [10, [2, readFloat16]],
  [11, [8, readFloat64]],
  [16, [2, readBFloat16]],
]);

type Integer = (view: DataView, at: number) => number;
const INTEGERS: ReadonlyMap<number | undefined, readonly [size: number, read: Integer]> = new Map<
  number,
  [number, Integer]
>([
  [2, [1, (view, at) => view.getUint8(at)]],
  [3, [1, (view, at) => view.getInt8(at)]],
  [4, [2, (view, at) => view.getUint16(at, true)]],
  [5, [2, (view, at) => view.getInt16(at, true)]],
  [6, [4, (view, at) => view.getInt32(at, true)]],
  [7, [8, (view, at) => Number(view.getBigInt64(at, true))]],
  [9, [1, (view, at) => view.getUint8(at)]],
  [12, [4, (view, at) => view.getUint32(at, true)]],
]);

export const isFloat = ({ type }: TensorMessage): boolean => FLOATS.has(type);

/** The files beside a model, by the names that it has for them. */
export type ExternalData = ReadonlyMap<string, Uint8Array>;

/** @throws LSTMError for what does not hold together, lies in a file that is not given, or is of a type that is not read */
export function readTensor(tensor: TensorMessage, external: ExternalData): Constant {
  const { dims: shape, type } = tensor;
  const name = `tensor ${quote(tensor.name ?? "")}`;
  const size = product(shape);
  // The sizes too: beside a 0 one beyond the integers would leave a product of 0.
  if (shape.length > MAX_DIMENSIONS || ![...shape, size].every((one) => Number.isSafeInteger(one) && one >= 0)) {
    throw invalid(`${name} has the shape ${shapeText(shape.slice(0, 8))}`);
  }
  const [bytes, read] = FLOATS.get(type) ?? INTEGERS.get(type) ?? [];
  if (bytes === undefined) {
    throw badFile(`ONNX: ${name} is of data type ${type}; float, double, float16, bfloat16 and integers are read`);
  }
  const isExternal = tensor.location === 1 || tensor.external.length > 0;
  const view = isExternal ? viewOf(externalOf(name, tensor, size * bytes, external)) : dataOf(tensor, bytes);
  if (view.byteLength !== size * bytes) {
    throw invalid(`${name} of shape ${shapeText(shape)} takes ${size * bytes} bytes, but has ${view.byteLength}`);
  }
  if (FLOATS.has(type)) {
    const values = allocate(shape);
    (read as FloatReader)(view, values);
    return { shape, values };
  }
  const values = new Float64Array(size);
  for (let i = 0; i < size; i++) values[i] = (read as Integer)(view, i * bytes);
  return { shape, values };
}

/** Its data in a file beside the model, of which the model has the name, and perhaps the offset and the length. */
function externalOf(name: string, tensor: TensorMessage, size: number, external: ExternalData): Uint8Array {
  const entry = (wanted: string) => tensor.external.find(({ key }) => key === wanted)?.value;
  const file = quote(entry("location") ?? "");
  const bytes = external.get(entry("location") ?? "");
  if (bytes === undefined) {
    throw badFile(
      `ONNX: ${name} lies in a file beside the model. Pass its bytes: load(bytes, { externalData: { ${file}: ... } })`,
    );
  }
  const offset = Number(entry("offset") ?? 0);
  const end = offset + Number(entry("length") ?? size);
  if (offset >= 0 && end <= bytes.length) return bytes.subarray(offset, end);
  throw invalid(`${name} ends at byte ${end} of ${file}, which has ${bytes.length} (a truncated file?)`);
}

/** Its little-endian data, whichever of its fields they are in: `raw_data` or those of numbers. */
function dataOf({ raw, floats, doubles, ints, longs, unsigned }: TensorMessage, size: number): DataView {
  const numbers = [ints, longs, unsigned].find(({ length }) => length > 0);
  if (raw !== undefined) return viewOf(raw);
  const parts = [...floats, ...doubles];
  if (numbers === undefined) return viewOf(parts.length === 1 ? (parts[0] as Uint8Array) : joined("a tensor", parts));
  const view = new DataView(new ArrayBuffer(size * numbers.length));
  numbers.forEach((number, i) => {
    if (size === 1) view.setUint8(i, number);
    else if (size === 2) view.setUint16(2 * i, number, true);
    else if (size === 4) view.setUint32(4 * i, number, true);
    else view.setBigInt64(8 * i, BigInt(number), true);
  });
  return view;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
