/** One recurrent node: what PyTorch's module of one layer would hold. */
import { shapeText } from "../../checks/describe.js";
import type { LSTMError } from "../../checks/errors.js";
import { sameValues } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { badFile } from "../bytes.js";
import { quote } from "../json-reader.js";
import { type Constants, concatenated, dequantized, transposed } from "./constants.js";
import type { Placed } from "./scope.js";
import { isFloat } from "./tensor.js";

/** The operators, which have the names of PyTorch's classes. */
export type NodeKind = "LSTM" | "GRU" | "RNN";
/** The values of the attribute `direction`. */
export type Direction = "forward" | "reverse" | "bidirectional";
/** Where a node starts: at zeros, at what the model holds, or at what is only known when the model runs. */
export type Initial = "zeros" | "computed" | Tensor;

/** A node that was read. */
export interface RecurrentNode {
  readonly placed: Placed;
  readonly name: string;
  readonly kind: NodeKind;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly direction: Direction;
  readonly directions: number;
  readonly layout: 0 | 1;
  readonly nonlinearity: "tanh" | "relu";
  readonly quantized: boolean;
  /** How many sequences it reads at once, where the model holds its initial state. */
  readonly batch: number | undefined;
  /** The initial h, and of an LSTM c. */
  readonly initial: readonly [h: Initial, c: Initial];
  /** Whether it has biases; those of a node without are 0. */
  readonly bias: boolean;
  /** For each direction: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`. */
  readonly parameters: readonly Readonly<Record<string, Tensor>>[];
}

/** ONNX's gates in PyTorch's order: LSTM i o f c to i f g o, GRU z r h to r z n. */
export const GATES: Readonly<Record<NodeKind, readonly number[]>> = { LSTM: [0, 2, 3, 1], GRU: [1, 0, 2], RNN: [0] };
const ACTIVATIONS = { LSTM: "sigmoid,tanh,tanh", GRU: "sigmoid,tanh", RNN: "tanh" };
const QUANTIZED = "com.microsoft.DynamicQuantizeLSTM";

/** The kinds of recurrent nodes, by their operators. */
export const KINDS: ReadonlyMap<string, NodeKind> = new Map([
  ["LSTM", "LSTM"],
  ["GRU", "GRU"],
  ["RNN", "RNN"],
  [QUANTIZED, "LSTM"],
]);

/** The blocks of rows, one for each gate, in another order. */
export function reordered(x: Tensor, order: readonly number[]): Tensor {
  const size = (x.shape[0] as number) / order.length;
  return concatenated(order.map((gate) => x.slice(0, gate * size, (gate + 1) * size))) as Tensor;
}

/** @throws LSTMError that names the node, and the attribute or input that PyTorch's module has no equivalent for */
export function readLayer(placed: Placed, constants: Constants): RecurrentNode {
  const { node, op, path } = placed;
  const kind = KINDS.get(op) as NodeKind;
  const name = path + (node.name || node.outputs.find((output) => output !== "") || op);
  const refuse = (why: string): LSTMError => badFile(`ONNX: the ${node.op} node ${quote(name)} ${why}`);

  const direction = placed.attribute("direction")?.s || "forward";
  if (!/^(forward|reverse|bidirectional)$/.test(direction)) throw refuse(`has direction ${quote(direction)}`);
  const directions = direction === "bidirectional" ? 2 : 1;
  const layout = placed.attribute("layout")?.i ?? 0;
  if (layout !== 0 && layout !== 1) throw refuse(`has layout ${layout}; it must be 0 or 1`);
  const nonlinearity = readActivations(kind, placed, refuse);
  if (node.inputs[7] && !constants.isZero(placed.input(7))) {
    throw refuse(`has peepholes (its input P, ${quote(node.inputs[7])}), which PyTorch's nn.LSTM has not`);
  }

  const quantized = op === QUANTIZED;
  const dense = (index: number, what: string): Tensor => {
    const tensor = constants.of(placed.input(index));
    if (tensor !== undefined) return tensor;
    const input = quote(node.inputs[index] ?? "");
    throw refuse(`has weights that are no constants: ${what}, ${input}, is only known when the model runs`);
  };
  /** W or R: (directions, gates * hidden, columns). */
  const weight = (index: 1 | 2, what: string): Tensor => {
    const stored = dense(index, what);
    if (!quantized) return stored;
    const wide = widened(stored, dense(6 + 2 * index, `${what}_scale`), dense(7 + 2 * index, `${what}_zero_point`));
    if (wide !== undefined) return wide;
    throw refuse(`has ${what}_scale or ${what}_zero_point of another shape than ${what} needs`);
  };
  const check = (what: string, index: number, { shape }: Tensor, expected: readonly number[]) => {
    const { tensor } = placed.input(index) ?? {};
    if (sameValues(shape, expected) && (quantized || tensor === undefined || isFloat(tensor))) return;
    const [got, wanted] = [shapeText(shape), shapeText(expected)];
    throw refuse(`has ${what} of shape ${got}; expected floating-point numbers of shape ${wanted}`);
  };
  const [W, R] = [weight(1, "W"), weight(2, "R")];
  const [inputSize, hiddenSize] = [W.shape[2] ?? 0, R.shape[2] ?? 0];
  if (hiddenSize === 0 || inputSize === 0) throw refuse("has weights without values");
  const rows = GATES[kind].length * hiddenSize;
  check("W", 1, W, [directions, rows, inputSize]);
  check("R", 2, R, [directions, rows, hiddenSize]);
  const declared = placed.attribute("hidden_size")?.i ?? hiddenSize;
  if (declared !== hiddenSize) throw refuse(`has hidden_size ${declared}, but R has ${hiddenSize} columns`);
  const bias = !!node.inputs[3];
  const B = bias ? dense(3, "B") : Tensor.zeros([directions, 2 * rows]);
  check("B", 3, B, [directions, 2 * rows]);

  const initial = (index: number): Initial => {
    const value = placed.input(index);
    if (!node.inputs[index] || constants.isZero(value)) return "zeros";
    const known = constants.of(value);
    if (known === undefined) return "computed";
    const state = layout === 1 ? transposed(known, [1, 0, 2]) : known;
    if (state && sameValues(state.shape, [directions, state.shape[1] as number, hiddenSize])) return state;
    throw refuse(`has an initial state of shape ${shapeText(known.shape)}`);
  };

  const inTorchOrder = (x: Tensor) => reordered(x, GATES[kind]);
  const parameters = Array.from({ length: directions }, (_, d) => ({
    weight_ih: inTorchOrder(W.select(0, d)),
    weight_hh: inTorchOrder(R.select(0, d)),
    bias_ih: inTorchOrder(B.select(0, d).slice(0, 0, rows)),
    bias_hh: inTorchOrder(B.select(0, d).slice(0, rows)),
  }));
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
    batch: constants.of(placed.input(5))?.shape[layout === 1 ? 0 : 1],
    initial: [initial(5), initial(6)],
    bias,
    parameters,
  };
}

/** Refuses every attribute that changes what the cell computes; an RNN's activation is told. */
function readActivations(kind: NodeKind, placed: Placed, refuse: (why: string) => LSTMError): "tanh" | "relu" {
  const lacks = (what: string) => refuse(`has ${what}, which PyTorch's nn.${kind} has no equivalent for`);
  const clip = placed.attribute("clip");
  if (clip !== undefined) throw lacks(`clip ${clip.f ?? 0}`);
  if (placed.attribute("input_forget")?.i) throw lacks("input_forget 1 (coupled input and forget gates)");
  for (const name of ["activation_alpha", "activation_beta"]) {
    const values = placed.attribute(name)?.floats ?? [];
    if (values.length > 0) throw lacks(`${name} ${shapeText(values.slice(0, 8))}`);
  }
  if (kind === "GRU" && placed.attribute("linear_before_reset")?.i !== 1) {
    throw lacks(
      "linear_before_reset 0 (the reset gate before the product instead of after it; in Keras reset_after=False)",
    );
  }
  const text = (placed.attribute("activations")?.strings ?? []).slice(0, 8).join(", ");
  const given = text.toLowerCase().replaceAll(" ", "");
  const expected = ACTIVATIONS[kind];
  if (given === "" || given === expected || given === `${expected},${expected}`) return "tanh";
  if (kind === "RNN" && /^relu(,relu)?$/.test(given)) return "relu";
  throw lacks(`the activations ${quote(text)}`);
}

/** The weights of DynamicQuantizeLSTM, which lie as (directions, columns, rows), with a scale for each direction or row. */
function widened(stored: Tensor, scale: Tensor, zero: Tensor): Tensor | undefined {
  const moved = transposed(stored, [0, 2, 1]);
  const [directions = 0, rows = 0] = moved?.shape ?? [];
  if (moved === undefined || (scale.size !== directions && scale.size !== directions * rows)) return undefined;
  return dequantized(moved, scale, zero, moved.size / scale.size);
}
