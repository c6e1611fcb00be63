/** One recurrent node: what PyTorch's module of one layer would hold. */
import { shapeText } from "../../checks/describe.js";
import type { LSTMError } from "../../checks/errors.js";
import type { RNNOptions } from "../../checks/options.js";
import { GRU } from "../../recurrent/gru.js";
import { LSTM } from "../../recurrent/lstm.js";
import { RNN } from "../../recurrent/rnn.js";
import { sameValues } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { badFile } from "../bytes.js";
import { quote } from "../json-reader.js";
import { type Constants, concatenated, dequantized, transposed } from "./constants.js";
import type { Placed } from "./scope.js";
import { isFloat } from "./tensor.js";

/** The classes by the names of ONNX's operators, which are theirs. */
export const CLASSES = { LSTM, GRU, RNN };
export type NodeKind = keyof typeof CLASSES;
/** Where a node starts: at zeros, at what the model holds, or at what is only known when the model runs. */
export type Initial = "zeros" | "computed" | Tensor;

/** What an ONNX model says of a layer beyond the options of its module. */
export interface OnnxAttributes {
  /** The names of the nodes, from the first layer to the last. */
  readonly nodes: readonly string[];
  /**
   * `"reverse"`: the model reads the sequence from its end, in this direction only, for which `nn.LSTM` has no option. Flip
   * the input along time, and the output back.
   */
  readonly direction: "forward" | "reverse" | "bidirectional";
  /** 1 where the model has the batch first, also in its states; there `batchFirst` is true. */
  readonly layout: 0 | 1;
  /** The names of the values that the first node reads. */
  readonly inputs: readonly string[];
  /** The names of the values that the last node writes: the output and the last states. */
  readonly outputs: readonly string[];
  /** Whether sequences have lengths of their own in the model (its input `sequence_lens`): pack them. */
  readonly sequenceLens: boolean;
  /**
   * Whether the weights were integers (`DynamicQuantizeLSTM`). They are int8 here too, by their own scales, where all of them, less
   * their zero points, are from -127 to 127; else float32. What they multiply is rounded to 16 bits then, and not to 8.
   */
  readonly quantized: boolean;
  /**
   * Where the model starts: at zeros, at what it is given or computes (`"computed"`), or at these values, (layers *
   * directions, batch, hidden). Only zeros are what `forward` takes by itself: give it the others.
   */
  readonly h0: Initial;
  /** The same for the cell state of an LSTM. */
  readonly c0: Initial;
}

/** A node that was read: a module of one layer. */
export interface RecurrentNode {
  readonly placed: Placed;
  readonly kind: NodeKind;
  readonly options: RNNOptions & { readonly bias: boolean };
  readonly attributes: OnnxAttributes;
  /** How many sequences it reads at once, where the model holds its initial state. */
  readonly batch: number | undefined;
  /** For each direction: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`; the biases of a node without are 0. */
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
  const lacks = (what: string) => refuse(`has ${what}, which PyTorch's nn.${kind} has no equivalent for`);
  const nonlinearity = readActivations(kind, placed, lacks);
  const peepholes = node.inputs[7];
  if (peepholes && !constants.isZero(placed.input(7))) throw lacks(`peepholes (its input P, ${quote(peepholes)})`);

  const quantized = op === QUANTIZED;
  const constant = (index: number, what: string): Tensor => {
    const tensor = constants.of(placed.input(index));
    if (tensor !== undefined) return tensor;
    const input = quote(node.inputs[index] ?? "");
    throw refuse(`has weights that are no constants: ${what}, ${input}, is only known when the model runs`);
  };
  /** W or R: (directions, gates * hidden, columns). */
  const weight = (index: 1 | 2, what: string): Tensor => {
    const stored = constant(index, what);
    if (!quantized) return stored;
    const [scale, zero] = [`${what}_scale`, `${what}_zero_point`];
    const zeros = constant(7 + 2 * index, zero);
    const isInteger = (one: number) => Math.abs(one) < 256 && one % 1 === 0;
    if (![stored, zeros].every(({ data }) => data.every(isInteger))) {
      throw refuse(`has ${what} or ${zero} of another type than int8 or uint8`);
    }
    const wide = widened(stored, constant(6 + 2 * index, scale), zeros);
    if (wide !== undefined) return wide;
    throw refuse(`has ${scale} or ${zero} of another shape than ${what} needs`);
  };
  const [W, R] = [weight(1, "W"), weight(2, "R")];
  const [inputSize, hiddenSize] = [W.shape[2] ?? 0, R.shape[2] ?? 0];
  if (hiddenSize === 0 || inputSize === 0) throw refuse("has weights without values");
  const rows = GATES[kind].length * hiddenSize;
  const bias = !!node.inputs[3];
  const B = bias ? constant(3, "B") : Tensor.zeros([directions, 2 * rows]);
  const check = (index: number, what: string, { shape }: Tensor, ...expected: number[]) => {
    const { tensor } = placed.input(index) ?? {};
    if (sameValues(shape, expected) && (quantized || tensor === undefined || isFloat(tensor))) return;
    const [got, wanted] = [shapeText(shape), shapeText(expected)];
    throw refuse(`has ${what} of shape ${got}; expected floating-point numbers of shape ${wanted}`);
  };
  check(1, "W", W, directions, rows, inputSize);
  check(2, "R", R, directions, rows, hiddenSize);
  check(3, "B", B, directions, 2 * rows);
  const declared = placed.attribute("hidden_size")?.i ?? hiddenSize;
  if (declared !== hiddenSize) throw refuse(`has hidden_size ${declared}, but R has ${hiddenSize} columns`);

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
  /** A scale for each row of W or R, by which its values are integers of int8. */
  const scales = (index: 1 | 2, { data }: Tensor): Tensor | undefined => {
    const given = constant(6 + 2 * index, "a scale");
    const ones = new Tensor(new Float32Array(directions * rows).fill(1), [directions, rows]);
    const each = dequantized(ones, given, undefined, ones.size / given.size) as Tensor;
    const fits = (value: number, i: number) =>
      Math.abs(value / (each.data[Math.floor(i / (data.length / ones.size))] as number)) < 127.5;
    return each.data.every((one) => one > 0 && one < Infinity) && data.every(fits) ? each : undefined;
  };
  const [Ws, Rs] = quantized ? [scales(1, W), scales(2, R)] : [];
  const weightOf = (x: Tensor, scale: Tensor | undefined, d: number): Tensor =>
    Object.assign(
      inTorchOrder(x.select(0, d)),
      Ws && Rs && { quantization: { weights: "int8", scale: inTorchOrder((scale as Tensor).select(0, d)).data } },
    );
  const parameters = Array.from({ length: directions }, (_, d) => ({
    weight_ih: weightOf(W, Ws, d),
    weight_hh: weightOf(R, Rs, d),
    bias_ih: inTorchOrder(B.select(0, d).slice(0, 0, rows)),
    bias_hh: inTorchOrder(B.select(0, d).slice(0, rows)),
  }));
  const batchFirst = layout === 1;
  const bidirectional = directions === 2;
  return {
    placed,
    kind,
    options: { inputSize, hiddenSize, numLayers: 1, bias, batchFirst, bidirectional, ...nonlinearity },
    attributes: {
      nodes: [name],
      direction: direction as OnnxAttributes["direction"],
      layout,
      inputs: node.inputs,
      outputs: node.outputs,
      sequenceLens: !!node.inputs[4],
      quantized,
      h0: initial(5),
      c0: initial(6),
    },
    batch: constants.of(placed.input(5))?.shape[batchFirst ? 0 : 1],
    parameters,
  };
}

/** Refuses every attribute that changes what the cell computes; the activation of an RNN is an option. */
function readActivations(
  kind: NodeKind,
  placed: Placed,
  lacks: (what: string) => LSTMError,
): Pick<RNNOptions, "nonlinearity"> {
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
  const isRelu = kind === "RNN" && /^relu(,relu)?$/.test(given);
  if (!isRelu && given !== "" && given !== expected && given !== `${expected},${expected}`) {
    throw lacks(`the activations ${quote(text)}`);
  }
  return kind === "RNN" ? { nonlinearity: isRelu ? "relu" : "tanh" } : {};
}

/** The weights of DynamicQuantizeLSTM, which lie as (directions, columns, rows), with a scale for each direction or row. */
function widened(stored: Tensor, scale: Tensor, zero: Tensor): Tensor | undefined {
  const moved = transposed(stored, [0, 2, 1]);
  const [directions = 0, rows = 0] = moved?.shape ?? [];
  if (moved === undefined || (scale.size !== directions && scale.size !== directions * rows)) return undefined;
  return dequantized(moved, scale, zero, moved.size / scale.size);
}
