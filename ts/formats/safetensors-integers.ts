/**
 * Integer weights in safetensors files: a matrix of I8 or I16, and in `<its name>.scale` the scale of each row. A value is its integer
 * times the scale of its row, rounded to float32.
 */
import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { type Quantization, quantizationOf, type Weights } from "../tensor/quantization.js";
import { allocate, Tensor, typedArrayName } from "../tensor/tensor.js";
import { allocateBytes } from "./bytes.js";
import { quote } from "./json-reader.js";

/** The dtype of each kind of integers, and the largest of them. */
const KINDS = {
  int8: { dtype: "I8", most: 127 },
  int16: { dtype: "I16", most: 32767 },
} as const;

/** What stands behind the name of a matrix in that of its scales. */
export const SCALE = ".scale";

/** The kind of integers of a dtype; undefined of another. */
export function integersOf(dtype: string): Quantization["weights"] | undefined {
  return dtype === KINDS.int8.dtype ? "int8" : dtype === KINDS.int16.dtype ? "int16" : undefined;
}

/** The tensor that integers and their scales stand for, or why there is none. */
export function tensorOfIntegers(
  weights: Exclude<Weights, "float32">,
  bytes: DataView,
  shape: readonly number[],
  scales: Tensor | undefined,
): Tensor | string {
  if (scales === undefined) return "without a scale for each row";
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || scales.shape.length !== 1 || scales.size !== rows) {
    return `of shape ${shapeText(shape)} with scales of shape ${shapeText(scales.shape)}, in place of one for each row of a matrix`;
  }
  const values = allocate(shape);
  for (const [row, scale] of scales.data.entries()) {
    if (!(scale > 0 && scale < Infinity))
      return `with the scale ${scale} for row ${row}, which is not positive and finite`;
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      values[at] = (weights === "int8" ? bytes.getInt8(at) : bytes.getInt16(2 * at, true)) * scale;
      if (!Number.isFinite(values[at])) return `with the scale ${scale} for row ${row}, which leaves float32's range`;
    }
  }
  const quantization: Quantization = { weights, scale: scales.data };
  return Object.assign(new Tensor(values, shape), { quantization });
}

/** A matrix as its integers, with their dtype and their scales; undefined for float32. */
export function integersIn(argument: string, value: unknown, { data, shape }: Tensor) {
  const quantization = quantizationOf(value);
  if (quantization == null) return undefined;
  const { weights, scale } = quantization;
  const isScale = typedArrayName(scale) === "Float32Array" && !scale.some((one) => one <= 0); // NaN is refused below, by its row
  if (!Object.hasOwn(KINDS, weights) || !isScale || scale.length !== shape[0] || shape.length !== 2) {
    const expected = `{ weights: "int8" or "int16", scale: a Float32Array } with a positive scale for each row of a matrix`;
    throw mustBe("DTYPE", `${argument}.quantization`, expected, quantization);
  }
  const { dtype, most } = KINDS[weights];
  const columns = data.length / scale.length;
  const integers =
    dtype === "I8"
      ? new Int8Array(allocateBytes(argument, data.length).buffer)
      : new Int16Array(allocateBytes(argument, 2 * data.length).buffer);
  for (const [at, one] of data.entries()) {
    const row = Math.floor(at / columns);
    const rowScale = scale[row] as number;
    const integer = Math.round(one / rowScale);
    if (Math.abs(integer) <= most && Math.fround(integer * rowScale) === one) integers[at] = integer;
    else {
      const expected = `an integer from -${most} to ${most} times the row's scale, ${rowScale}`;
      throw new LSTMError("FILE", `${argument}, row ${row}: ${one} is not ${expected}; dtype: "F32" saves what it is`);
    }
  }
  return { dtype, integers, scale };
}

/** Why a tensor of integers is no weight. */
export const notIntegers = (name: string, dtype: string, why: string): LSTMError =>
  new LSTMError(
    "FILE",
    `Tensor ${quote(name)} is ${dtype} ${why}: integer weights are a matrix of I8 or I16 and positive scales, one for each ` +
      `row, in ${quote(name + SCALE)}. Leave such tensors out with load(bytes, { skipUnsupported: true })`,
  );
