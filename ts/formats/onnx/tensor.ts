/** The values of a TensorProto. */
import { shapeText } from "../../checks/describe.js";
import { MAX_DIMENSIONS, product } from "../../tensor/elements.js";
import { allocate, Tensor } from "../../tensor/tensor.js";
import { badFile } from "../bytes.js";
import { type FloatReader, readBFloat16, readFloat16, readFloat32, readFloat64 } from "../floats.js";
import { quote } from "../json-reader.js";
import { invalid } from "./protobuf.js";
import type { TensorMessage } from "./schema.js";

/** A value that is known before the model runs. Integers are kept as float32 too, which has them up to 2^24. */
export interface Constant {
  readonly tensor: Tensor;
  readonly isFloat: boolean;
}

/** TensorProto.DataType: bytes of each value, and how floating-point numbers are read. */
const FLOATS: ReadonlyMap<number | undefined, readonly [size: number, read: FloatReader]> = new Map([
  [1, [4, readFloat32]],
  [10, [2, readFloat16]],
  [11, [8, readFloat64]],
  [16, [2, readBFloat16]],
]);
/** The same of integers, as arrays of them. */
const INTEGERS = new Map<number | undefined, Uint8ArrayConstructor | BigInt64ArrayConstructor>([
  [2, Uint8Array],
  [3, Int8Array as never],
  [4, Uint16Array as never],
  [5, Int16Array as never],
  [6, Int32Array as never],
  [7, BigInt64Array],
  [9, Uint8Array],
  [12, Uint32Array as never],
]);

export const isFloat = ({ type }: TensorMessage): boolean => FLOATS.has(type);

/** The files beside a model, by the names that it has for them. */
export type ExternalData = ReadonlyMap<string, Uint8Array>;

/** Reads the tensors of a model. */
export class TensorReader {
  #left: number;

  constructor(
    /** How large the files are together: what is read, and what is read to compute others, is a multiple of it at most. */
    bytes: number,
    readonly external: ExternalData,
  ) {
    this.#left = 16 * bytes + 2 ** 16;
  }

  spend(values: number): void {
    this.#left -= values;
    if (this.#left < 0) throw invalid("what it holds and computes from that is many times as large as the file");
  }

  /** @throws LSTMError for what does not hold together, lies in a file that is not given, or is of a type that is not read */
  read(message: TensorMessage): Constant {
    const { dims: shape, type, raw, location, floats, doubles, ints, longs, unsigned } = message;
    const name = `tensor ${quote(message.name ?? "")}`;
    const size = product(shape);
    // The sizes too: beside a 0 one beyond the integers would leave a product of 0.
    if (shape.length > MAX_DIMENSIONS || ![...shape, size].every((one) => Number.isSafeInteger(one) && one >= 0)) {
      throw invalid(`${name} has the shape ${shapeText(shape.slice(0, 8))}`);
    }
    const [float, integers] = [FLOATS.get(type), INTEGERS.get(type)];
    const itemSize = float?.[0] ?? integers?.BYTES_PER_ELEMENT;
    if (itemSize === undefined) {
      throw badFile(`ONNX: ${name} is of data type ${type}; float, double, float16, bfloat16 and integers are read`);
    }
    const isExternal = location === 1 || message.external.length > 0;
    // Without bytes, in the field of its type as numbers, which of float16 and bfloat16 are their bits.
    const numbers = [floats, doubles, ints, longs, unsigned].find(({ length }) => length > 0) ?? [];
    const data = isExternal
      ? this.#external(name, message, size * itemSize)
      : (raw ?? (float?.[0] === 2 ? new Uint8Array(Uint16Array.from(numbers).buffer) : undefined));
    const length = data?.length ?? numbers.length * itemSize;
    if (length !== size * itemSize) {
      throw invalid(`${name} of shape ${shapeText(shape)} takes ${size * itemSize} bytes, but has ${length}`);
    }
    this.spend(size);
    const values = allocate(shape);
    if (data === undefined) values.set(numbers);
    else if (float !== undefined) float[1](new DataView(data.buffer, data.byteOffset, length), values);
    else if (integers !== undefined) values.set(Array.from(new integers(data.slice().buffer), Number));
    return { tensor: new Tensor(values, shape), isFloat: float !== undefined };
  }

  /** Data in a file beside the model, of which the model has the name, and perhaps the offset and the length. */
  #external(name: string, { external }: TensorMessage, size: number): Uint8Array {
    const entry = (wanted: string) => external.find(({ key }) => key === wanted)?.value;
    const file = entry("location") ?? "";
    const bytes = this.external.get(file);
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
}
