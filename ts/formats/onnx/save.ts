/** ONNX models of recurrent modules. */
import { mustBe } from "../../checks/must-be.js";
import { checkBoolean, checkObject } from "../../checks/options.js";
import { suffixOf } from "../../recurrent/cells.js";
import type { GRU } from "../../recurrent/gru.js";
import type { LSTM } from "../../recurrent/lstm.js";
import type { RNN } from "../../recurrent/rnn.js";
import type { Bytes } from "../../tensor/arrays.js";
import type { Tensor } from "../../tensor/tensor.js";
import { concatenated } from "./constants.js";
import { encode, type Message } from "./encode.js";
import {
  AttributeProto,
  DataType,
  Dimension,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  TensorProto,
  TensorShapeProto,
  TensorType,
  TypeProto,
  ValueInfoProto,
} from "./fields.js";
import { CELLS, type NodeKind, reordered } from "./layer.js";

/** The first version of LSTM, GRU and RNN that today's exporters write; onnxruntime reads it since 1.7. */
const OPSET = 14;
const IR_VERSION = 7;

/** How `save` writes a model. */
export interface SaveOptions {
  /**
   * Whether the model has the inputs `h0` and of an LSTM `c0`, which must then be given; false, the default, for a model
   * that starts at zeros. Inputs with a default are no way to have both: onnxruntime warns of them, and
   * onnxruntime-web takes no value for them.
   */
  states?: boolean | undefined;
}

/** A NodeProto. */
function node(op: string, inputs: string[], outputs: string[], ...attributes: Message[]): Message {
  return {
    [NodeProto.input]: inputs,
    [NodeProto.output]: outputs,
    [NodeProto.name]: `${op}_${outputs[0]}`,
    [NodeProto.op_type]: op,
    [NodeProto.attribute]: attributes,
  };
}

/** An AttributeProto. The number of a field of values is one more than that of their type. */
function attribute(name: string, field: AttributeProto, value: number | string | number[] | string[]): Message {
  return { [AttributeProto.name]: name, [field]: value, [AttributeProto.type]: field - 1 };
}

/** A ValueInfoProto of float32 numbers; a size is known, or has a name. */
function value(name: string, ...sizes: (number | string)[]): Message {
  const dims = sizes.map((size) => ({ [typeof size === "string" ? Dimension.dim_param : Dimension.dim_value]: size }));
  const tensor = { [TensorType.elem_type]: DataType.FLOAT, [TensorType.shape]: { [TensorShapeProto.dim]: dims } };
  return { [ValueInfoProto.name]: name, [ValueInfoProto.type]: { [TypeProto.tensor_type]: tensor } };
}

/**
 * An ONNX model of an LSTM, GRU or RNN, with one node for each layer. Its inputs are `input`, shaped as the module takes it,
 * and with `states` also `h0`, of an LSTM `c0`; its outputs `output`, `hn` and of an LSTM `cn`. Time and batch may be of any
 * size. Dropout is for training only, and not in it.
 *
 * @throws LSTMError `OPTION` for what is no such module, or has projSize, which ONNX has not; `DISPOSED`
 */
export function save(module: LSTM | GRU | RNN, options: SaveOptions = {}): Bytes {
  const { states = false } = checkObject("save", options, ["states"]);
  checkBoolean("states", states);
  const kind = kindOf(module);
  const { inputSize, hiddenSize, numLayers, bias, bidirectional, batchFirst } = module;
  const { projSize = 0, nonlinearity } = module as { projSize?: number; nonlinearity?: string };
  if (projSize > 0) throw mustBe("OPTION", "projSize", "0, as ONNX's LSTM has no projection", projSize);
  const directions = bidirectional ? 2 : 1;
  const columns = directions * hiddenSize;
  const dict = module.stateDict();
  const gates: readonly number[] = CELLS[kind].gates;
  /** The gates in ONNX's order. */
  const order = gates.map((_, gate) => gates.indexOf(gate));
  const nodes: Message[] = [];
  const outputShape: Message = {
    [TensorProto.dims]: 3,
    [TensorProto.data_type]: DataType.INT64,
    [TensorProto.int64_data]: [0, 0, columns],
    [TensorProto.name]: "output_shape",
  };
  const tensors = [outputShape];
  const last = kind === "LSTM" ? ["hn", "cn"] : ["hn"];
  const first = states ? last.map((name) => name.replace("n", "0")) : [];
  /** The names of a state in each layer. */
  const layersOf = (name: string) =>
    numLayers === 1 ? [name] : Array.from({ length: numLayers }, (_, l) => `${name}_l${l}`);

  const axis = attribute("axis", AttributeProto.i, 0);
  let x = batchFirst ? "input_time_first" : "input";
  if (batchFirst) nodes.push(node("Transpose", ["input"], [x], attribute("perm", AttributeProto.ints, [1, 0, 2])));
  if (numLayers > 1) for (const name of first) nodes.push(node("Split", [name], layersOf(name), axis));
  for (let l = 0; l < numLayers; l++) {
    const suffixes = Array.from({ length: directions }, (_, d) => suffixOf(l, d));
    /** A tensor of some parameters, one after the other for each direction. */
    const weights = (name: string, sizes: number[], ...parts: string[]) => {
      const own = suffixes.flatMap((suffix) => parts.map((part) => reordered(dict[part + suffix] as Tensor, order)));
      const { data } = concatenated(own) as Tensor;
      tensors.push({
        [TensorProto.dims]: [directions, ...sizes],
        [TensorProto.data_type]: DataType.FLOAT,
        [TensorProto.name]: `${name}_l${l}`,
        [TensorProto.raw_data]: new Uint8Array(data.buffer),
      });
      return `${name}_l${l}`;
    };
    const rows = gates.length * hiddenSize;
    const W = weights("W", [rows, l === 0 ? inputSize : columns], "weight_ih");
    const R = weights("R", [rows, hiddenSize], "weight_hh");
    const B = bias ? weights("B", [2 * rows], "bias_ih", "bias_hh") : "";
    const [Y, moved] = [`Y_l${l}`, `Y_l${l}_moved`];
    const stateOf = (name: string) => layersOf(name)[l] as string;
    const own = [];
    if (kind === "GRU") own.push(attribute("linear_before_reset", AttributeProto.i, 1));
    if (nonlinearity === "relu")
      own.push(
        attribute(
          "activations",
          AttributeProto.strings,
          suffixes.map(() => "Relu"),
        ),
      );
    nodes.push(
      node(
        kind,
        [x, W, R, B, "", ...first.map(stateOf)],
        [Y, ...last.map(stateOf)],
        attribute("hidden_size", AttributeProto.i, hiddenSize),
        attribute("direction", AttributeProto.s, bidirectional ? "bidirectional" : "forward"),
        ...own,
      ),
    );
    const top = l === numLayers - 1;
    x = top ? "output" : `output_l${l}`;
    // (time, directions, batch, hidden) to (time, batch, directions * hidden)
    const perm = attribute("perm", AttributeProto.ints, top && batchFirst ? [2, 0, 1, 3] : [0, 2, 1, 3]);
    nodes.push(node("Transpose", [Y], [moved], perm));
    nodes.push(node("Reshape", [moved, "output_shape"], [x]));
  }
  if (numLayers > 1) for (const name of last) nodes.push(node("Concat", layersOf(name), [name], axis));
  const sequence = batchFirst ? ["batch", "time"] : ["time", "batch"];
  const values = (name: string, size: number, states: string[]) => [
    value(name, ...sequence, size),
    ...states.map((state) => value(state, numLayers * directions, "batch", hiddenSize)),
  ];
  return encode({
    [ModelProto.ir_version]: IR_VERSION,
    [ModelProto.producer_name]: "lstm-wasm",
    [ModelProto.graph]: {
      [GraphProto.node]: nodes,
      [GraphProto.name]: "graph",
      [GraphProto.initializer]: tensors,
      [GraphProto.input]: values("input", inputSize, first),
      [GraphProto.output]: values("output", columns, last),
    },
    [ModelProto.opset_import]: { [OperatorSetIdProto.version]: OPSET },
  });
}

function kindOf(module: unknown): NodeKind {
  for (const [kind, { Class }] of Object.entries(CELLS)) if (module instanceof Class) return kind as NodeKind;
  throw mustBe("OPTION", "module", "an LSTM, GRU or RNN of the same entry", module);
}
