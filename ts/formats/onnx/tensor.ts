/** The values of a TensorProto. */
import { describe, shapeText } from "../../checks/describe.js";
import { MAX_DIMENSIONS, product } from "../../tensor/elements.js";
import { allocate, Tensor } from "../../tensor/tensor.js";
import { badFile, joined } from "../bytes.js";
import { readBFloat16, readFloat16 } from "../floats.js";
import { quote } from "../json-reader.js";
import { DataLocation, DataType, StringStringEntryProto, TensorProto } from "./fields.js";
import { invalid, type Message } from "./protobuf.js";

/** What bytes are read as; float16 and bfloat16 as their bits. */
const ARRAYS = {
  [DataType.FLOAT]: Float32Array,
  [DataType.UINT8]: Uint8Array,
  [DataType.INT8]: Int8Array,
  [DataType.UINT16]: Uint16Array,
  [DataType.INT16]: Int16Array,
  [DataType.INT32]: Int32Array,
  [DataType.INT64]: BigInt64Array,
  [DataType.FLOAT16]: Uint16Array,
  [DataType.DOUBLE]: Float64Array,
  [DataType.BFLOAT16]: Uint16Array,
};

/** Whether the values of a TensorProto are floating-point numbers. */
export const isFloat = (tensor: Message): boolean =>
  [DataType.FLOAT, DataType.FLOAT16, DataType.DOUBLE, DataType.BFLOAT16].includes(tensor.int(TensorProto.data_type));

/** The files beside a model, by the names that it has for them. */
export type ExternalData = ReadonlyMap<string, Uint8Array>;

/**
 * The tensor of a TensorProto; of integers too it is one of float32, which has them up to 2^24.
 *
 * @throws LSTMError for what does not hold together, lies in a file that is not given, or is of a type that is not read
 */
export function readTensor(tensor: Message, files: ExternalData): Tensor {
  const shape = tensor.ints(TensorProto.dims);
  const type = tensor.int(TensorProto.data_type);
  const name = `tensor ${quote(tensor.text(TensorProto.name))}`;
  // Each size: beside a 0 one beyond the integers would leave a product of 0.
  if (shape.length > MAX_DIMENSIONS || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw invalid(`${name} has the shape ${describe(shape)}`);
  }
  const Kind = ARRAYS[type as keyof typeof ARRAYS] as typeof Uint8Array | undefined;
  if (Kind === undefined) {
    throw badFile(`ONNX: ${name} is of data type ${type}, which is not read`);
  }
  const takes = product(shape) * Kind.BYTES_PER_ELEMENT;
  const external = tensor.messages(TensorProto.external_data);
  let bytes = tensor.values(TensorProto.raw_data).at(-1);
  if (external.length > 0 || tensor.int(TensorProto.data_location) === DataLocation.EXTERNAL)
    bytes = externalOf(name, external, files, takes);
  // Without bytes, its numbers stand in a field for their type: those of float16 and bfloat16 as their bits.
  else if (type === DataType.FLOAT) bytes ??= tensor.floatBytes(TensorProto.float_data, 4);
  else if (type === DataType.DOUBLE) bytes ??= tensor.floatBytes(TensorProto.double_data, 8);
  const field = type === DataType.INT64 ? TensorProto.int64_data : TensorProto.int32_data;
  const numbers = bytes ? [] : tensor.ints(field);
  const length = bytes?.length ?? numbers.length * Kind.BYTES_PER_ELEMENT;
  if (length !== takes) {
    throw invalid(`${name} of shape ${shapeText(shape)} takes ${takes} bytes, but has ${length} (a truncated file?)`);
  }
  const values = allocate(shape);
  // Integers of 64 bits are rounded to numbers already where they come from a field.
  const Stored = bytes || type !== DataType.INT64 ? Kind : (Float64Array as unknown as typeof Kind);
  const stored = new Stored(bytes ? joined("a tensor", [bytes]).buffer : numbers);
  if (numbers.some((one, i) => one !== stored[i])) {
    throw invalid(`${name} has numbers that are not of data type ${type}`);
  }
  const readHalf = { [DataType.FLOAT16]: readFloat16, [DataType.BFLOAT16]: readBFloat16 }[type];
  if (readHalf) readHalf(new DataView(stored.buffer), values);
  else values.set(type === DataType.INT64 ? Array.from(stored, Number) : stored);
  return new Tensor(values, shape);
}

/** Data in a file beside the model, of which the model has the name, and perhaps the offset and the length; empty if the file has no such part. */
function externalOf(name: string, entries: readonly Message[], files: ExternalData, size: number): Uint8Array {
  const {
    location = "",
    offset = 0,
    length = size,
  } = Object.fromEntries(
    entries.map((one) => [one.text(StringStringEntryProto.key), one.text(StringStringEntryProto.value)]),
  );
  const bytes = files.get(location);
  if (bytes === undefined) {
    throw badFile(
      `ONNX: ${name} lies in another file: load(bytes, { externalData: { ${quote(location)}: its bytes } })`,
    );
  }
  const begin = Number(offset);
  return begin >= 0 && Number(length) === size ? bytes.subarray(begin, begin + size) : new Uint8Array();
}
