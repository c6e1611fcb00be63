/** The values of a TensorProto. */
import { describe } from "../../checks/describe.js";
import { MAX_DIMENSIONS, product } from "../../tensor/elements.js";
import { Tensor } from "../../tensor/tensor.js";
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
export const isFloat = ({ type: [type = 0] }: TensorMessage): boolean => [1, 10, 11, 16].includes(type);

/** The files beside a model, by the names that it has for them. */
export type ExternalData = ReadonlyMap<string, Uint8Array>;

/**
 * The tensor; of integers too it is one of float32, which has them up to 2^24.
 *
 * @throws LSTMError for what does not hold together, lies in a file that is not given, or is of a type that is not read
 */
export function readTensor(message: TensorMessage, files: ExternalData): Tensor {
  const { dims, raw, floats, doubles, ints } = message;
  const [type = 0] = message.type;
  const name = `tensor ${quote(message.name[0] ?? "")}`;
  const shape = describe(dims);
  // Each size: beside a 0 one beyond the integers would leave a product of 0.
  if (dims.length > MAX_DIMENSIONS || !dims.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw invalid(`${name} has the shape ${shape}`);
  }
  const Kind = ARRAYS[type as keyof typeof ARRAYS];
  if (Kind === undefined) {
    throw badFile(`ONNX: ${name} is of data type ${type}; float, double, float16, bfloat16 and integers are read`);
  }
  const takes = product(dims) * Kind.BYTES_PER_ELEMENT;
  // Floats and doubles may have a field of their own, and so may integers, as which the bits of float16 and bfloat16 count.
  const packed = { 1: floats, 11: doubles }[type];
  const bytes = externalOf(name, message, files, takes) ?? raw[0] ?? packed?.[0];
  const numbers = packed ? [] : ints;
  const length = bytes?.length ?? numbers.length * Kind.BYTES_PER_ELEMENT;
  if (length !== takes) throw invalid(`${name} of shape ${shape} takes ${takes} bytes, but has ${length}`);
  const tensor = Tensor.zeros(dims);
  const stored = bytes
    ? new Kind(joined("a tensor", [bytes]).buffer)
    : type === 7
      ? numbers
      : new (Kind as typeof Uint16Array)(numbers);
  if (!bytes && numbers.some((one, i) => one !== stored[i])) {
    throw invalid(`${name} has numbers that are not of data type ${type}`);
  }
  const readHalf = { 10: readFloat16, 16: readBFloat16 }[type];
  if (readHalf) readHalf(new DataView((stored as Uint16Array).buffer), tensor.data);
  else tensor.data.set(type === 7 ? Array.from(stored as BigInt64Array, Number) : (stored as ArrayLike<number>));
  return tensor;
}

/** Data in a file beside the model, of which the model has the name, and perhaps the offset and the length. */
function externalOf(name: string, { external, location }: TensorMessage, files: ExternalData, size: number) {
  if (location[0] !== 1 && external.length === 0) return undefined;
  const entries = Object.fromEntries(external.map(({ key, value }) => [key[0], value[0]]));
  const file = entries.location ?? "";
  const bytes = files.get(file);
  if (bytes === undefined) {
    throw badFile(
      `ONNX: ${name} lies in a file beside the model. Pass its bytes: load(bytes, { externalData: { ${quote(file)}: ... } })`,
    );
  }
  const offset = Number(entries.offset ?? 0);
  const end = offset + Number(entries.length ?? size);
  if (offset >= 0 && end <= bytes.length) return bytes.subarray(offset, end);
  throw invalid(`${name} ends at byte ${end} of ${quote(file)}, which has ${bytes.length} (a truncated file?)`);
}
