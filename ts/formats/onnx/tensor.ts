/** The values of a TensorProto. */
import { shapeText } from "../../checks/describe.js";
import { MAX_DIMENSIONS, product } from "../../tensor/elements.js";
import { allocate, Tensor } from "../../tensor/tensor.js";
import { badFile, joined } from "../bytes.js";
import { readBFloat16, readFloat16 } from "../floats.js";
import { quote } from "../json-reader.js";
import { invalid } from "./protobuf.js";
import type { TensorMessage } from "./schema.js";

/** What bytes are read as, by their TensorProto.DataType; float16 (10) and bfloat16 (16) as their bits. */
const ARRAYS = {
  1: Float32Array,
  2: Uint8Array,
  3: Int8Array,
  4: Uint16Array,
  5: Int16Array,
  6: Int32Array,
  7: BigInt64Array,
  9: Uint8Array,
  10: Uint16Array,
  11: Float64Array,
  12: Uint32Array,
  16: Uint16Array,
};

/** Whether its values are floating-point numbers. */
export const isFloat = ({ type = 0 }: TensorMessage): boolean => [1, 10, 11, 16].includes(type);

/** The files beside a model, by the names that it has for them. */
export type ExternalData = ReadonlyMap<string, Uint8Array>;

/**
 * The tensor; of integers too it is one of float32, which has them up to 2^24.
 *
 * @throws LSTMError for what does not hold together, lies in a file that is not given, or is of a type that is not read
 */
export function readTensor(message: TensorMessage, files: ExternalData): Tensor {
  const { dims: shape, type = 0, floats, doubles, ints, longs, unsigned, external = [] } = message;
  const name = `tensor ${quote(message.name ?? "")}`;
  // Each size: beside a 0 one beyond the integers would leave a product of 0.
  if (shape.length > MAX_DIMENSIONS || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw invalid(`${name} has the shape ${shapeText(shape.slice(0, 8))}`);
  }
  const Kind = ARRAYS[type as keyof typeof ARRAYS];
  if (Kind === undefined) {
    throw badFile(`ONNX: ${name} is of data type ${type}; float, double, float16, bfloat16 and integers are read`);
  }
  const takes = product(shape) * Kind.BYTES_PER_ELEMENT;
  const isExternal = message.location === 1 || external.length > 0;
  const bytes = isExternal ? externalOf(name, external, files, takes) : message.raw;
  // Without bytes, its numbers stand in a field for their type: those of float16 and bfloat16 as their bits.
  const numbers = { 1: floats, 7: longs, 11: doubles, 12: unsigned }[type] ?? ints ?? [];
  const length = bytes?.length ?? numbers.length * Kind.BYTES_PER_ELEMENT;
  if (length !== takes) throw invalid(`${name} of shape ${shapeText(shape)} takes ${takes} bytes, but has ${length}`);
  const values = allocate(shape);
  const stored = bytes
    ? new Kind(joined("a tensor", [bytes]).buffer)
    : type === 7
      ? numbers
      : new (Kind as typeof Uint16Array)(numbers);
  if (numbers.some((one, i) => !Object.is(one, stored[i]))) {
    throw invalid(`${name} has numbers that are not of data type ${type}`);
  }
  const readHalf = { 10: readFloat16, 16: readBFloat16 }[type];
  if (readHalf) readHalf(new DataView((stored as Uint16Array).buffer), values);
  else values.set(stored instanceof BigInt64Array ? Array.from(stored, Number) : (stored as ArrayLike<number>));
  return new Tensor(values, shape);
}

/** Data in a file beside the model, of which the model has the name, and perhaps the offset and the length. */
function externalOf(name: string, entries: TensorMessage["external"], files: ExternalData, size: number): Uint8Array {
  const entry = (wanted: string) => entries?.find(({ key }) => key === wanted)?.value;
  const file = entry("location") ?? "";
  const bytes = files.get(file);
  if (bytes === undefined) {
    throw badFile(
      `ONNX: ${name} lies in a file beside the model. Pass its bytes: load(bytes, { externalData: { ${quote(file)}: ... } })`,
    );
  }
  const offset = Number(entry("offset") ?? 0);
  const end = offset + Number(entry("length") ?? size);
  if (offset >= 0 && end <= bytes.length) return bytes.subarray(offset, end);
  throw invalid(`${name} ends at byte ${end} of ${quote(file)}, which has ${bytes.length} (a truncated file?)`);
}
