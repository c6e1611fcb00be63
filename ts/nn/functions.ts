import { describe, shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import type { Indices } from "../tensor/indices.js";
import { sameValues } from "../tensor/shape.js";
import { asTensor, product, Tensor, type TensorInput } from "../tensor/tensor.js";
import type { Kernels } from "../wasm/instance.js";
import { mapped } from "../wasm/workspace.js";

/** A dimension that may count back from the end, of a tensor with so many. */
export function checkDim(dim: unknown, rank: number): number {
  if (Number.isInteger(dim) && (dim as number) >= -rank && (dim as number) < rank)
    return (dim as number) < 0 ? (dim as number) + rank : (dim as number);
  throw mustBe("OPTION", "dim", `an integer from ${-rank} to ${rank - 1}`, dim);
}

/**
 * How values lie around a dimension: index `(o, i, j)` of (outer, size, inner) is `(o * size + i) * inner + j`. A tensor
 * without dimensions counts as one of 1, as in PyTorch.
 */
export function around(shape: readonly number[], dim: number) {
  const sizes = shape.length === 0 ? [1] : shape;
  const d = checkDim(dim, sizes.length);
  return { outer: product(sizes.slice(0, d)), size: sizes[d] as number, inner: product(sizes.slice(d + 1)), d };
}

function tensors(name: string, list: unknown): Tensor[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw new LSTMError("OPTION", `${name} needs an array of at least one tensor, got ${describe(list)}`);
  }
  return Array.from(list, (tensor, index) => asTensor(`tensors[${index}]`, tensor));
}

/**
 * `torch.cat`: tensors one after the other along a dimension; all other dimensions are alike.
 *
 * @throws LSTMError `SHAPE_MISMATCH` that names the first tensor that differs; `OPTION`, `DTYPE`
 */
export function cat(list: readonly TensorInput[], dim = 0): Tensor {
  const given = tensors("cat", list);
  const first = given[0] as Tensor;
  if (first.shape.length === 0) {
    throw new LSTMError(
      "SHAPE_MISMATCH",
      "tensors[0] has no dimensions, so nothing can follow it along one; use stack",
    );
  }
  const { outer, inner, d } = around(first.shape, dim);
  const others = (shape: readonly number[]) => shape.map((size, at) => (at === d ? 0 : size));
  for (const [index, { shape }] of given.entries()) {
    if (sameValues(others(shape), others(first.shape))) continue;
    const expected = `tensors[${index}] must be of the shape of tensors[0], dimension ${d} aside`;
    throw new LSTMError("SHAPE_MISMATCH", `${expected}. Expected ${shapeText(first.shape)}, got ${shapeText(shape)}`);
  }
  const size = given.reduce((sum, { shape }) => sum + (shape[d] as number), 0);
  const result = Tensor.zeros(first.shape.map((own, at) => (at === d ? size : own)));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const { data, shape } of given) {
      const run = (shape[d] as number) * inner;
      result.data.set(data.subarray(o * run, (o + 1) * run), to);
      to += run;
    }
  }
  return result;
}

/** `torch.stack`: tensors of one shape side by side, along a new dimension. @throws LSTMError as `cat` */
export function stack(list: readonly TensorInput[], dim = 0): Tensor {
  const given = tensors("stack", list);
  const { shape } = given[0] as Tensor;
  const d = checkDim(dim, shape.length + 1);
  for (const [index, other] of given.entries()) {
    if (sameValues(other.shape, shape)) continue;
    const text = `Expected tensors[${index}] of shape ${shapeText(shape)}, as tensors[0], got ${shapeText(other.shape)}`;
    throw new LSTMError("SHAPE_MISMATCH", text);
  }
  const wide = [...shape.slice(0, d), 1, ...shape.slice(d)];
  return cat(
    given.map((tensor) => tensor.reshape(wide)),
    d,
  );
}

/** Values with a dimension brought last, as rows; `back` undoes it. */
function asRows(input: Tensor, dim: number) {
  const { outer, size, inner } = around(input.shape, dim);
  const turn = (source: Float32Array, back: boolean): Float32Array => {
    if (inner === 1) return source;
    const target = new Float32Array(source.length);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < size; i++)
        for (let j = 0; j < inner; j++) {
          const [plain, row] = [(o * size + i) * inner + j, (o * inner + j) * size + i];
          target[back ? plain : row] = source[back ? row : plain] as number;
        }
    return target;
  };
  return { rows: turn(input.data, false), size, back: (values: Float32Array) => turn(values, true) };
}

function alongRows(input: TensorInput, dim: number, log: boolean): Tensor {
  const tensor = asTensor("input", input);
  const { rows, size, back } = asRows(tensor, dim);
  if (rows.length === 0) return new Tensor(new Float32Array(0), tensor.shape);
  const run = (kernels: Kernels) => kernels.workspaceSoftmax(rows.length, size, log);
  return new Tensor(back(mapped(rows, run, rows.length / size, size)), tensor.shape);
}

/** `torch.softmax(input, dim)`: e^x over the sum of e^x along a dimension. @throws LSTMError `OPTION`, `DTYPE` */
export function softmax(input: TensorInput, dim: number): Tensor {
  return alongRows(input, dim, false);
}

/** `torch.log_softmax(input, dim)`: the logarithm of `softmax`, where that would round to 0. @throws as `softmax` */
export function logSoftmax(input: TensorInput, dim: number): Tensor {
  return alongRows(input, dim, true);
}

/** `torch.sigmoid`: 1 / (1 + e^-x) of each value. @throws LSTMError `DTYPE`, `SHAPE_MISMATCH` for what is no tensor */
export function sigmoid(input: TensorInput): Tensor {
  const { data, shape } = asTensor("input", input);
  return new Tensor(
    mapped(data, (kernels) => kernels.workspaceSigmoid(data.length)),
    shape,
  );
}

/**
 * `torch.argmax(input, dim)`: where the greatest value is along a dimension, the first of equal ones; a NaN counts as the
 * greatest, as in PyTorch. The result can be the input of an Embedding, or a target.
 *
 * @returns the places, shaped as the input without that dimension
 * @throws LSTMError `OPTION` for a dimension that the input does not have, `SHAPE_MISMATCH` for an empty one, `DTYPE`
 */
export function argmax(input: TensorInput, dim: number): Indices {
  const tensor = asTensor("input", input);
  const { rows, size } = asRows(tensor, dim);
  const { d } = around(tensor.shape, dim);
  const shape = tensor.shape.filter((_, at) => at !== d);
  if (size === 0)
    throw new LSTMError("SHAPE_MISMATCH", `argmax: dimension ${d} of ${shapeText(tensor.shape)} is empty`);
  const data = new Int32Array(product(shape));
  for (let row = 0; row < data.length; row++) {
    let best = 0;
    for (let i = 1; i < size; i++) {
      const [x, most] = [rows[row * size + i] as number, rows[row * size + best] as number];
      if (x > most || (Number.isNaN(x) && !Number.isNaN(most))) best = i;
    }
    data[row] = best;
  }
  return { data, shape };
}
