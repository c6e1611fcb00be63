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
import { AttributeProto } from "./fields.js";
import type { Placed } from "./scope.js";
import { isFloat } from "./tensor.js";

/**
 * The classes by the names of ONNX's operators, which are theirs. `gates` has ONNX's gates in PyTorch's order: of an LSTM i o f c
 * to i f g o, of a GRU z r h to r z n.
 */
export const CELLS = {
  __proto__: null as never,
  LSTM: { Class: LSTM, gates: [0, 2, 3, 1], activations: "sigmoid,tanh,tanh" },
  GRU: { Class: GRU, gates: [1, 0, 2], activations: "sigmoid,tanh" },
  RNN: { Class: RNN, gates: [0], activations: undefined },
};
export type NodeKind = "LSTM" | "GRU" | "RNN";
const QUANTIZED = "com.microsoft.DynamicQuantizeLSTM";
/** The kind of a node, by its operator; undefined if it is no recurrent one. */
export const kindOf = (op: string): NodeKind | undefined =>
  op === QUANTIZED ? "LSTM" : op in CELLS ? (op as NodeKind) : undefined;

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
  readonly options: RNNOptions;
  /** Whether it has biases. */
  readonly bias: boolean;
  /** Those of them that the parameters do not tell. */
  readonly untold: Pick<RNNOptions, "batchFirst" | "nonlinearity">;
  readonly attributes: OnnxAttributes;
  /** How many sequences it reads at once, where the model holds its initial state. */
  readonly batch: number | undefined;
  /** For each direction: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`; the biases of a node without are 0. */
  readonly parameters: readonly Readonly<Record<string, Tensor>>[];
}

/** The blocks of rows, one for each gate, in another order. */
export function reordered(x: Tensor, order: readonly number[]): Tensor {
  const size = (x.shape[0] as number) / order.length;
  return concatenated(order.map((gate) => x.slice(0, gate * size, (gate + 1) * size))) as Tensor;
}

/** @throws LSTMError that names the node, and the attribute or input that PyTorch's module has no equivalent for */
export function readLayer(placed: Placed, constants: Constants): RecurrentNode {
  const { op, path, inputs, outputs } = placed;
  const kind = kindOf(op) as NodeKind;
  const { gates } = CELLS[kind];
  const name = path + (placed.name || outputs.find(Boolean) || op);
  const refuse = (why: string): LSTMError => badFile(`ONNX: the ${op} node ${quote(name)} ${why}`);

  const lacks = (what: string) => refuse(`has ${what}, which PyTorch's nn.${kind} has no equivalent for`);
  const direction = placed.attribute("direction")?.text(AttributeProto.s) || "forward";
  if (!/^(forward|reverse|bidirectional)$/.test(direction)) throw lacks(`direction ${quote(direction)}`);
  const bidirectional = direction === "bidirectional";
  const directions = bidirectional ? 2 : 1;
  const layout = placed.int("layout") ?? 0;
  if (![0, 1].includes(layout)) throw lacks(`layout ${layout}`);
  const untold = { batchFirst: layout === 1, ...readActivations(kind, placed, lacks) };
  if (inputs[7] && !constants.isZero(placed.input(7))) throw lacks(`peepholes (its input P, ${quote(inputs[7])})`);

  const constant = (index: number, what: string): Tensor => {
    const tensor = constants.of(placed.input(index));
    if (tensor !== undefined) return tensor;
    throw refuse(`cannot be read: ${what}, ${quote(inputs[index] ?? "")}, is only known when the model runs`);
  };
  const quantized = op === QUANTIZED;
  /** W or R: (directions, gates * hidden, columns). */
  const weight = (index: 1 | 2, what: string): Weight => {
    const stored = constant(index, what);
    if (!quantized) return stored;
    const [scale, zero] = [constant(6 + 2 * index, `${what}_scale`), constant(7 + 2 * index, `${what}_zero_point`)];
    const read = dequantizedWeight(stored, scale, zero);
    if (read !== undefined) return read;
    throw refuse(`has ${what} that is no int8 or uint8, or whose scale or zero point does not fit`);
  };
  const [W, R] = [weight(1, "W"), weight(2, "R")];
  const [inputSize, hiddenSize] = [W.shape[2] ?? 0, placed.int("hidden_size") ?? R.shape[2] ?? 0];
  const rows = gates.length * hiddenSize;
  const check = (index: number, what: string, { shape }: Tensor, ...expected: number[]) => {
    const tensor = placed.input(index)?.tensor;
    if (sameValues(shape, expected) && !expected.includes(0) && (quantized || !tensor || isFloat(tensor))) return;
    const got = `has ${what} of shape ${shapeText(shape)}`;
    throw refuse(`${got}; expected some floating-point numbers of shape ${shapeText(expected)}`);
  };
  check(1, "W", W, directions, rows, inputSize);
  check(2, "R", R, directions, rows, hiddenSize);
  const bias = !!inputs[3];
  const B = bias ? constant(3, "B") : Tensor.zeros([directions, 2 * rows]);
  check(3, "B", B, directions, 2 * rows);

  const initial = (index: number): Initial => {
    const value = placed.input(index);
    if (!inputs[index] || constants.isZero(value)) return "zeros";
    const known = constants.of(value);
    if (known === undefined) return "computed";
    const state = (layout === 1 && transposed(known, [1, 0, 2])) || known;
    check(index, "an initial state", state, directions, state.shape[1] ?? 1, hiddenSize);
    return state;
  };

  /** A parameter of one direction, its gates in PyTorch's order. */
  const parameterOf = (x: Weight, d: number): Tensor =>
    Object.assign(
      reordered(x.select(0, d), gates),
      W.scale &&
        R.scale &&
        x.scale && { quantization: { weights: "int8", scale: reordered(x.scale.select(0, d), gates).data } },
    );
  const parameters = Array.from({ length: directions }, (_, d) => ({
    weight_ih: parameterOf(W, d),
    weight_hh: parameterOf(R, d),
    bias_ih: parameterOf(B.slice(1, 0, rows), d),
    bias_hh: parameterOf(B.slice(1, rows), d),
  }));
  return {
    placed,
    kind,
    options: { inputSize, hiddenSize, bidirectional, ...untold },
    bias,
    untold,
    attributes: {
      nodes: [name],
      direction: direction as OnnxAttributes["direction"],
      layout: layout as 0 | 1,
      inputs,
      outputs,
      sequenceLens: !!inputs[4],
      quantized,
      h0: initial(5),
      c0: initial(6),
    },
    batch: constants.of(placed.input(5))?.shape[1 - layout],
    parameters,
  };
}

/** Refuses every attribute that changes what the cell computes; the activation of an RNN is an option. */
function readActivations(
  kind: NodeKind,
  placed: Placed,
  lacks: (what: string) => LSTMError,
): Pick<RNNOptions, "nonlinearity"> {
  for (const name of ["clip", "input_forget", "activation_alpha", "activation_beta"]) {
    const given = placed.attribute(name);
    const changes = given?.int(AttributeProto.i) || given?.floats(AttributeProto.floats).length;
    if (name === "clip" ? given : changes) throw lacks(name);
  }
  if (kind === "GRU" && placed.int("linear_before_reset") !== 1) {
    throw lacks("linear_before_reset 0 (in Keras reset_after=False)");
  }
  const text = (placed.attribute("activations")?.texts(AttributeProto.strings) ?? []).join(", ");
  const given = text.toLowerCase().replaceAll(" ", "");
  const nonlinearity = given.startsWith("relu") ? "relu" : "tanh";
  const expected = CELLS[kind].activations ?? nonlinearity;
  if (!["", expected, `${expected},${expected}`].includes(given)) throw lacks(`the activations ${quote(text)}`);
  return kind === "RNN" ? { nonlinearity } : {};
}

/** W or R of a node. If its values are integers of int8 by a scale for each row, it has that. */
type Weight = Tensor & { readonly scale?: Tensor };

/**
 * A weight of DynamicQuantizeLSTM, which lies as (directions, columns, rows), with a scale and a zero point for each direction or
 * row; undefined if they do not fit each other.
 */
function dequantizedWeight(stored: Tensor, scale: Tensor, zero: Tensor): Weight | undefined {
  const moved = transposed(stored, [0, 2, 1]);
  const isInteger = (one: number) => Math.abs(one) < 256 && one % 1 === 0;
  if (moved === undefined || ![stored, zero].every(({ data }) => data.every(isInteger))) return undefined;
  const [directions = 0, rows = 0, columns = 0] = moved.shape;
  const count = directions * rows;
  if (scale.size !== directions && scale.size !== count) return undefined;
  const weight = dequantized(moved, scale, zero, moved.size / scale.size);
  const each = Float32Array.from(
    { length: count },
    (_, i) => scale.data[Math.floor((i * scale.size) / count)] as number,
  );
  const isInt8 = weight?.data.every((value, i) => {
    const one = each[Math.floor(i / columns)] as number;
    return one > 0 && Math.abs(value / one) < 127.5; // not where one is infinite, and the quotient NaN
  });
  return weight && Object.assign(weight, isInt8 && { scale: new Tensor(each, [directions, rows]) });
}
