/** One recurrent node: what PyTorch's module of one layer would hold. */
import { describe, shapeText } from "../../checks/describe.js";
import type { LSTMError } from "../../checks/errors.js";
import type { RNNOptions } from "../../checks/options.js";
import { GRU } from "../../recurrent/gru.js";
import { LSTM } from "../../recurrent/lstm.js";
import { RNN } from "../../recurrent/rnn.js";
import { Tensor } from "../../tensor/tensor.js";
import { badFile } from "../bytes.js";
import { quote } from "../json-reader.js";
import { type Constants, concatenated, dequantized, transposed } from "./constants.js";
import { type Attributes, attributesOf, inputOf, type Placed } from "./scope.js";
import { isFloat } from "./tensor.js";

/**
 * The cells, by the names of ONNX's operators, which are those of the classes. `gates` are ONNX's in PyTorch's order: of the LSTM
 * i o f c to i f g o, of the GRU z r h to r z n.
 */
export const CELLS = {
  LSTM: { Class: LSTM, gates: [0, 2, 3, 1], activations: "sigmoid, tanh, tanh" },
  GRU: { Class: GRU, gates: [1, 0, 2], activations: "sigmoid, tanh" },
  RNN: { Class: RNN, gates: [0], activations: "tanh" },
} as const;
export type NodeKind = keyof typeof CELLS;
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
  /** Those of the options that a state dict does not tell. */
  readonly untold: Pick<RNNOptions, "batchFirst" | "nonlinearity">;
  readonly attributes: OnnxAttributes;
  /** How many sequences it reads at once, where the model holds its initial state. */
  readonly batch: number | undefined;
  /** For each direction: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`; the biases of a node without are 0. */
  readonly parameters: readonly Readonly<Record<string, Tensor>>[];
}

/** The cell of an operator; of another than a recurrent one, its own name. */
const cellOf = (op: string): string => (op === "com.microsoft.DynamicQuantizeLSTM" ? "LSTM" : op);

/** Whether a node of this operator is a layer. */
export const isRecurrent = (op: string): boolean => Object.hasOwn(CELLS, cellOf(op));

/** The blocks of rows, one for each gate, in another order. */
export function reordered(x: Tensor, order: readonly number[]): Tensor {
  const size = (x.shape[0] as number) / order.length;
  return concatenated(order.map((gate) => x.slice(0, gate * size, (gate + 1) * size))) as Tensor;
}

/** W or R, (directions, gates * hidden, columns), and the scale of each row if all values are integers of int8 times that. */
interface Weight {
  readonly values: Tensor;
  readonly scale?: Tensor | undefined;
}

/** @throws LSTMError that names the node, and the attribute or input that PyTorch's module has no equivalent for */
export function readLayer(placed: Placed, constants: Constants): RecurrentNode {
  const { node, op, path } = placed;
  const kind = cellOf(op) as NodeKind;
  const { gates } = CELLS[kind];
  const attributes = attributesOf(placed);
  const quantized = op !== kind;
  const name = path + (node.name[0] || node.outputs.find((output) => output !== "") || op);
  const refuse = (what: string): LSTMError => badFile(`ONNX: the ${node.op[0]} node ${quote(name)} has ${what}`);
  const lacks = (what: string) => refuse(`${what}, which PyTorch's nn.${kind} has no equivalent for`);
  const inputName = (index: number) => quote(node.inputs[index] ?? "");

  const { direction, layout, ...nonlinearity } = readAttributes(kind, attributes, lacks);
  const batchFirst = layout === 1;
  const directions = direction === "bidirectional" ? 2 : 1;
  if (node.inputs[7] && !constants.isZero(inputOf(placed, 7))) throw lacks(`peepholes (its input P, ${inputName(7)})`);

  const constant = (index: number, what: string): Tensor => {
    const tensor = constants.of(inputOf(placed, index));
    if (tensor !== undefined) return tensor;
    throw refuse(`weights that are no constants: ${what}, ${inputName(index)}, is only known when the model runs`);
  };
  const weight = (index: 1 | 2, what: "W" | "R"): Weight => {
    const stored = constant(index, what);
    if (!quantized) return { values: stored };
    const scale = constant(6 + 2 * index, `${what}_scale`);
    const zero = constant(7 + 2 * index, `${what}_zero_point`);
    if (![stored, zero].every(({ data }) => data.every((one) => Math.abs(one) < 256 && Number.isInteger(one)))) {
      throw refuse(`${what} or ${what}_zero_point of another type than int8 or uint8`);
    }
    const weight = widened(stored, scale, zero);
    if (weight !== undefined) return weight;
    throw refuse(`${what}_scale or ${what}_zero_point of another shape than ${what} needs`);
  };
  const [W, R] = [weight(1, "W"), weight(2, "R")];
  const [inputSize = 0, hiddenSize = 0] = [W.values.shape[2], R.values.shape[2]];
  if (inputSize === 0 || hiddenSize === 0) throw refuse("weights without values");
  const rows = gates.length * hiddenSize;
  const checked = (index: number, what: string, x: Tensor, ...expected: number[]): Tensor => {
    const { tensor } = inputOf(placed, index) ?? {};
    const [got, wanted] = [shapeText(x.shape), shapeText(expected)];
    if (got === wanted && (quantized || !tensor || isFloat(tensor))) return x;
    throw refuse(`${what} of shape ${got}; expected floating-point numbers of shape ${wanted}`);
  };
  checked(1, "W", W.values, directions, rows, inputSize);
  checked(2, "R", R.values, directions, rows, hiddenSize);
  const bias = !!node.inputs[3];
  const B = bias ? checked(3, "B", constant(3, "B"), directions, 2 * rows) : Tensor.zeros([directions, 2 * rows]);
  const [declared = hiddenSize] = attributes.hidden_size ?? [];
  if (declared !== hiddenSize) throw refuse(`hidden_size ${describe(declared)}, but R has ${hiddenSize} columns`);

  const initial = (index: number): Initial => {
    const value = inputOf(placed, index);
    if (!node.inputs[index] || constants.isZero(value)) return "zeros";
    const known = constants.of(value);
    if (known === undefined) return "computed";
    const state = (batchFirst && transposed(known, [1, 0, 2])) || known;
    return checked(index, "an initial state", state, directions, state.shape[1] ?? 0, hiddenSize);
  };

  const narrow = W.scale && R.scale;
  const inTorchOrder = (x: Tensor, index: number) => reordered(x.select(0, index), gates);
  const weightOf = ({ values, scale }: Weight, d: number): Tensor =>
    Object.assign(
      inTorchOrder(values, d),
      narrow && { quantization: { weights: "int8", scale: inTorchOrder(scale as Tensor, d).data } },
    );
  const biases = B.reshape([2 * directions, rows]);
  const parameters = Array.from({ length: directions }, (_, d) => ({
    weight_ih: weightOf(W, d),
    weight_hh: weightOf(R, d),
    bias_ih: inTorchOrder(biases, 2 * d),
    bias_hh: inTorchOrder(biases, 2 * d + 1),
  }));
  return {
    placed,
    kind,
    options: {
      inputSize,
      hiddenSize,
      numLayers: 1,
      bias,
      batchFirst,
      bidirectional: directions === 2,
      ...nonlinearity,
    },
    untold: { batchFirst, ...nonlinearity },
    attributes: {
      nodes: [name],
      direction,
      layout,
      inputs: node.inputs,
      outputs: node.outputs,
      sequenceLens: !!node.inputs[4],
      quantized,
      h0: initial(5),
      c0: initial(6),
    },
    batch: constants.of(inputOf(placed, 5))?.shape[1 - layout],
    parameters,
  };
}

/** Refuses every attribute that changes what the cell computes; the activation of an RNN is an option. */
function readAttributes(kind: NodeKind, attributes: Attributes, lacks: (what: string) => LSTMError) {
  /** The value of an attribute, which must be one of these; the first if it is left out. */
  const oneOf = <const T>(name: string, ...known: readonly T[]): T => {
    const [value = known[0]] = (attributes[name] ?? []) as T[];
    if (known.includes(value as T)) return value as T;
    throw lacks(`${name} ${describe(value)} and not ${known.join(" or ")}`);
  };
  for (const name of ["clip", "activation_alpha", "activation_beta"]) {
    const values = attributes[name] ?? [];
    if (values.length > 0) throw lacks(`${name} ${describe(name === "clip" ? values[0] : values)}`);
  }
  oneOf("input_forget", 0);
  if (kind === "GRU" && attributes.linear_before_reset?.[0] !== 1) {
    throw lacks("linear_before_reset 0 (the reset gate before the product; in Keras reset_after=False)");
  }
  const activations = (attributes.activations ?? []).join(", ");
  const given = activations.toLowerCase();
  const isRelu = kind === "RNN" && given.startsWith("relu");
  const expected = isRelu ? "relu" : CELLS[kind].activations;
  if (!["", expected, `${expected}, ${expected}`].includes(given)) throw lacks(`the activations ${quote(activations)}`);
  return {
    direction: oneOf("direction", "forward", "reverse", "bidirectional"),
    layout: oneOf("layout", 0, 1),
    ...(kind === "RNN" && ({ nonlinearity: isRelu ? "relu" : "tanh" } as const)),
  };
}

/** A weight of DynamicQuantizeLSTM, which lies as (directions, columns, rows), with a scale for each direction or row. */
function widened(stored: Tensor, scale: Tensor, zero: Tensor): Weight | undefined {
  const x = transposed(stored, [0, 2, 1]);
  const [directions = 0, rows = 0] = x?.shape ?? [];
  if (x === undefined || ![directions, directions * rows].includes(scale.size)) return undefined;
  const values = dequantized(x, scale, zero, x.size / scale.size);
  /** The scale of value `i` of so many. */
  const scaleOf = (i: number, size: number) => scale.data[Math.floor((i * scale.size) / size)] as number;
  const each = new Float32Array(directions * rows).map((_, row) => scaleOf(row, directions * rows));
  const isNarrow = values?.data.every((value, i) => Math.abs(value) < 127.5 * scaleOf(i, x.size));
  return values && { values, scale: isNarrow ? new Tensor(each, [directions, rows]) : undefined };
}
