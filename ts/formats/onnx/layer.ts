/** One recurrent node: what PyTorch's module of one layer would hold. */
import { shapeText } from "../../checks/describe.js";
import type { LSTMError } from "../../checks/errors.js";
import { Tensor } from "../../tensor/tensor.js";
import { badFile } from "../bytes.js";
import { quote } from "../json-reader.js";
import { type Constants, dequantized, transposed } from "./constants.js";
import type { Attribute } from "./schema.js";
import { attributesOf, isStandard, type Placed, type Value } from "./scope.js";
import type { Constant } from "./tensor.js";

export type Kind = "LSTM" | "GRU" | "RNN";
export type Direction = "forward" | "reverse" | "bidirectional";
/** Where a node starts: at zeros, at what the model holds, or at what is only known when the model runs. */
export type Initial = "zeros" | "computed" | Constant;

/** A node that was read. */
export interface Layer {
  readonly placed: Placed;
  readonly name: string;
  readonly kind: Kind;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
  readonly directions: number;
  readonly layout: 0 | 1;
  readonly nonlinearity: "tanh" | "relu";
  readonly quantized: boolean;
  /** How many sequences it reads at once, where the model holds its initial state. */
  readonly batch: number | undefined;
  readonly initial: { readonly h: Initial; readonly c: Initial };
  /** For each direction: `weight_ih`, `weight_hh` and, unless the node has none, `bias_ih` and `bias_hh`. */
  readonly parameters: readonly Readonly<Record<string, Tensor>>[];
}

/** ONNX's gates in PyTorch's order: LSTM i o f c to i f g o, GRU z r h to r z n. */
export const GATES: Readonly<Record<Kind, readonly number[]>> = { LSTM: [0, 2, 3, 1], GRU: [1, 0, 2], RNN: [0] };
const ACTIVATIONS = { LSTM: "sigmoid,tanh,tanh", GRU: "sigmoid,tanh", RNN: "tanh" };
const QUANTIZED = "DynamicQuantizeLSTM";

/** What kind of node it is, if it is a recurrent one. */
export function kindOf({ node: { op = "", domain } }: Placed): Kind | undefined {
  if (isStandard(domain) && /^(LSTM|GRU|RNN)$/.test(op)) return op as Kind;
  return domain === "com.microsoft" && op === QUANTIZED ? "LSTM" : undefined;
}

/** @throws LSTMError that names the node, and the attribute or input that PyTorch's module has no equivalent for */
export function readLayer(placed: Placed, kind: Kind, constants: Constants): Layer {
  const { node, scope, path } = placed;
  const name = path + (node.name || node.outputs.find((output) => output !== "") || node.op);
  const attributes = attributesOf(placed);
  const refuse = (why: string): LSTMError => badFile(`ONNX: the ${node.op} node ${quote(name)} ${why}`);
  const integer = (attribute: string) => attributes.get(attribute)?.i ?? 0;
  const read = (index: number): Value | undefined => scope.find(node.inputs[index]);

  const direction = attributes.get("direction")?.s || "forward";
  if (!/^(forward|reverse|bidirectional)$/.test(direction)) throw refuse(`has direction ${quote(direction)}`);
  const directions = direction === "bidirectional" ? 2 : 1;
  const layout = integer("layout");
  if (layout !== 0 && layout !== 1) throw refuse(`has layout ${layout}; it must be 0 or 1`);
  const nonlinearity = readActivations(kind, attributes, refuse);
  if (node.inputs[7] && !constants.isZero(read(7))) {
    throw refuse(`has peepholes (its input P, ${quote(node.inputs[7])}), which PyTorch's nn.LSTM has not`);
  }

  const quantized = node.op === QUANTIZED;
  const gates = GATES[kind].length;
  const dense = (index: number, what: string): Constant => {
    const value = constants.of(read(index));
    if (value === undefined) {
      throw refuse(
        `has weights that are no constants: ${what}, ${quote(node.inputs[index] ?? "")}, is only known when the model runs`,
      );
    }
    return value;
  };
  /** W or R: (directions, gates * hidden, columns). */
  const weight = (index: 1 | 2, what: string): Constant => {
    const stored = dense(index, what);
    if (!quantized) return stored;
    const [scale, zero] = [dense(6 + 2 * index, `${what}_scale`), dense(7 + 2 * index, `${what}_zero_point`)];
    const wide = widened(stored, scale, zero);
    if (wide === undefined) throw refuse(`has ${what}_scale or ${what}_zero_point of another shape than ${what} needs`);
    return wide;
  };
  const [input, recurrent] = [weight(1, "W"), weight(2, "R")];
  const hiddenSize = recurrent.shape[2] ?? 0;
  const inputSize = input.shape[2] ?? 0;
  const rows = gates * hiddenSize;
  const check = (what: string, { shape, values }: Constant, expected: readonly number[]) => {
    if (shape.join() === expected.join() && values instanceof Float32Array) return;
    throw refuse(
      `has ${what} of shape ${shapeText(shape)}; expected floating-point numbers of shape ${shapeText(expected)}`,
    );
  };
  if (hiddenSize === 0 || inputSize === 0) throw refuse("has weights without values");
  check("W", input, [directions, rows, inputSize]);
  check("R", recurrent, [directions, rows, hiddenSize]);
  const declared = attributes.get("hidden_size")?.i ?? hiddenSize;
  if (declared !== hiddenSize) throw refuse(`has hidden_size ${declared}, but R has ${hiddenSize} columns`);
  const bias = node.inputs[3] ? dense(3, "B") : undefined;
  if (bias !== undefined) check("B", bias, [directions, 2 * rows]);

  const initialOf = (index: number): Initial => {
    if (!node.inputs[index] || constants.isZero(read(index))) return "zeros";
    const known = constants.of(read(index));
    if (known === undefined) return "computed";
    const batchFirst = layout === 1 ? transposed(known, [1, 0, 2]) : known;
    const [d, , columns] = batchFirst?.shape ?? [];
    if (batchFirst?.shape.length === 3 && d === directions && columns === hiddenSize) return batchFirst;
    throw refuse(`has an initial state of shape ${shapeText(known.shape)}`);
  };

  const parameters = Array.from({ length: directions }, (_, d) => {
    const take = (source: Constant, block: number, columns: readonly number[]) => {
      const size = columns.length === 0 ? hiddenSize : hiddenSize * (columns[0] as number);
      return inTorchOrder(source.values as Float32Array, kind, block * gates * size, size, [rows, ...columns]);
    };
    return {
      weight_ih: take(input, d, [inputSize]),
      weight_hh: take(recurrent, d, [hiddenSize]),
      ...(bias && { bias_ih: take(bias, 2 * d, []), bias_hh: take(bias, 2 * d + 1, []) }),
    };
  });
  return {
    placed,
    name,
    kind,
    inputSize,
    hiddenSize,
    direction: direction as Direction,
    directions,
    layout,
    nonlinearity,
    quantized,
    batch: constants.of(read(5))?.shape[layout === 1 ? 0 : 1],
    initial: { h: initialOf(5), c: kind === "LSTM" ? initialOf(6) : "zeros" },
    parameters,
  };
}

/** Refuses every attribute that changes what the cell computes; an RNN's activation is told. */
function readActivations(
  kind: Kind,
  attributes: ReadonlyMap<string, Attribute>,
  refuse: (why: string) => LSTMError,
): "tanh" | "relu" {
  const lacks = (what: string) => refuse(`has ${what}, which PyTorch's nn.${kind} has no equivalent for`);
  if (attributes.has("clip")) throw lacks(`clip ${attributes.get("clip")?.f ?? 0}`);
  if (attributes.get("input_forget")?.i) throw lacks("input_forget 1 (coupled input and forget gates)");
  for (const name of ["activation_alpha", "activation_beta"]) {
    const values = attributes.get(name)?.floats ?? [];
    if (values.length > 0) throw lacks(`${name} ${shapeText(values.slice(0, 8))}`);
  }
  if (kind === "GRU" && attributes.get("linear_before_reset")?.i !== 1) {
    throw lacks(
      "linear_before_reset 0 (the reset gate before the product instead of after it; in Keras reset_after=False)",
    );
  }
  const activations = attributes.get("activations")?.strings ?? [];
  const text = activations.slice(0, 8).join(", ");
  const given = text.toLowerCase().replaceAll(" ", "");
  const expected = ACTIVATIONS[kind];
  if (activations.length === 0 || given === expected || given === `${expected},${expected}`) return "tanh";
  if (kind === "RNN" && /^relu(,relu)?$/.test(given)) return "relu";
  throw lacks(`the activations ${quote(text)}`);
}

/** One direction's rows, whose blocks of `size` values begin at `begin`, with the gates in PyTorch's order. */
function inTorchOrder(source: Float32Array, kind: Kind, begin: number, size: number, shape: number[]): Tensor {
  const values = new Float32Array(GATES[kind].length * size);
  for (const [g, gate] of GATES[kind].entries()) {
    values.set(source.subarray(begin + gate * size, begin + (gate + 1) * size), g * size);
  }
  return new Tensor(values, shape);
}

/** The weights of DynamicQuantizeLSTM, which lie as (directions, columns, rows), with a scale for each direction or row. */
function widened(stored: Constant, scale: Constant, zero: Constant): Constant | undefined {
  const [directions = 0, columns = 0, rows = 0] = stored.shape;
  const moved = stored.shape.length === 3 ? transposed(stored, [0, 2, 1]) : undefined;
  if (moved === undefined) return undefined;
  const flat = { shape: [directions * rows, columns], values: moved.values };
  // One scale for each row, also where a direction has one for all of its rows.
  const perRow = ({ values }: Constant): Constant => {
    const each = values.length === directions * rows ? 1 : rows;
    const count = values.length === directions || each === 1 ? directions * rows : 0;
    return {
      shape: [count],
      values: Float32Array.from({ length: count }, (_, i) => values[Math.floor(i / each)] as number),
    };
  };
  const wide = dequantized(flat, perRow(scale), perRow(zero), 0);
  return wide && { shape: [directions, rows, columns], values: wide.values };
}
