/** ONNX models of recurrent modules. */
import { LSTMError } from "../../checks/errors.js";
import { mustBe } from "../../checks/must-be.js";
import { checkBoolean, checkObject } from "../../checks/options.js";
import { suffixOf } from "../../recurrent/cells.js";
import type { GRU } from "../../recurrent/gru.js";
import type { LSTM } from "../../recurrent/lstm.js";
import { RNN } from "../../recurrent/rnn.js";
import type { Bytes } from "../../tensor/arrays.js";
import type { Tensor } from "../../tensor/tensor.js";
import { concatenated } from "./constants.js";
import { encode, type Message } from "./encode.js";
import { CLASSES, GATES, type NodeKind, reordered } from "./layer.js";

/** The first version of LSTM, GRU and RNN that today's exporters write; onnxruntime reads it since 1.7. */
const OPSET = 14;
const IR_VERSION = 7;
const [FLOAT, INT64] = [1, 7];

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
function node(op: string, inputs: string[], outputs: string[], attributes: Record<string, Attribute> = {}): Message {
  return { 1: inputs, 2: outputs, 3: `${op}_${outputs[0]}`, 4: op, 5: Object.entries(attributes).map(attributeOf) };
}

type Attribute = number | string | number[] | string[];

/** An AttributeProto. The field of a kind of value is one more than the number of that kind. */
function attributeOf([name, value]: [string, Attribute]): Message {
  const field = (typeof [value].flat()[0] === "string" ? 4 : 3) + (typeof value === "object" ? 5 : 0);
  return { 1: name, [field]: value, 20: field - 1 };
}

/** A TensorProto. */
function tensor(name: string, dims: number[], values: Float32Array | BigInt64Array): Message {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { 1: dims, 2: values instanceof Float32Array ? FLOAT : INT64, 8: name, 9: raw };
}

/** A ValueInfoProto of float32 numbers; a size is known, or has a name. */
function value(name: string, ...sizes: (number | string)[]): Message {
  const dims = sizes.map((size): Message => (typeof size === "string" ? { 2: size } : { 1: size }));
  return { 1: name, 2: { 1: { 1: FLOAT, 2: { 1: dims } } } };
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
  const given = checkBoolean("states", states);
  const kind = kindOf(module);
  const { projSize = 0 } = module as Partial<LSTM>;
  if (projSize > 0) {
    throw new LSTMError("OPTION", `save: this LSTM has projSize ${projSize}; ONNX's LSTM has no projection`);
  }
  const { inputSize, hiddenSize, numLayers, bidirectional, batchFirst } = module;
  const directions = bidirectional ? 2 : 1;
  const dict = module.stateDict();
  const nodes: Message[] = [];
  const tensors = [tensor("output_shape", [3], BigInt64Array.of(0n, 0n, BigInt(directions * hiddenSize)))];
  const names = kind === "LSTM" ? ["h", "c"] : ["h"];
  const ofLayer = (name: string, l: number) => (numLayers === 1 ? name : `${name}_l${l}`);
  const ofLayers = (name: string) => Array.from({ length: numLayers }, (_, l) => ofLayer(name, l));

  let x = batchFirst ? "input_time_first" : "input";
  if (batchFirst) nodes.push(node("Transpose", ["input"], [x], { perm: [1, 0, 2] }));
  if (given && numLayers > 1) {
    for (const name of names) nodes.push(node("Split", [`${name}0`], ofLayers(`${name}0`), { axis: 0 }));
  }
  for (let l = 0; l < numLayers; l++) {
    const suffixes = Array.from({ length: directions }, (_, d) => suffixOf(l, d));
    /** A tensor of some parameters, one after the other for each direction. */
    const weights = (name: string, sizes: number[], ...parts: string[]) => {
      const own = suffixes.flatMap((suffix) => parts.map((part) => inOnnxOrder(kind, dict[part + suffix] as Tensor)));
      tensors.push(tensor(`${name}_l${l}`, [directions, ...sizes], (concatenated(own) as Tensor).data));
      return `${name}_l${l}`;
    };
    const rows = GATES[kind].length * hiddenSize;
    const W = weights("W", [rows, l === 0 ? inputSize : directions * hiddenSize], "weight_ih");
    const R = weights("R", [rows, hiddenSize], "weight_hh");
    const B = module.bias ? weights("B", [2 * rows], "bias_ih", "bias_hh") : "";
    const before = given ? names.map((name) => ofLayer(`${name}0`, l)) : [];
    const last = names.map((name) => ofLayer(`${name}n`, l));
    const attributes = {
      hidden_size: hiddenSize,
      direction: bidirectional ? "bidirectional" : "forward",
      ...(kind === "GRU" && { linear_before_reset: 1 }),
      ...(module instanceof RNN && module.nonlinearity === "relu" && { activations: suffixes.map(() => "Relu") }),
    };
    nodes.push(node(kind, [x, W, R, B, "", ...before], [`Y_l${l}`, ...last], attributes));
    const top = l === numLayers - 1;
    // (time, directions, batch, hidden) to (time, batch, directions * hidden)
    const perm = top && batchFirst ? [2, 0, 1, 3] : [0, 2, 1, 3];
    nodes.push(node("Transpose", [`Y_l${l}`], [`Y_l${l}_moved`], { perm }));
    x = top ? "output" : `output_l${l}`;
    nodes.push(node("Reshape", [`Y_l${l}_moved`, "output_shape"], [x]));
  }
  if (numLayers > 1) {
    for (const name of names) nodes.push(node("Concat", ofLayers(`${name}n`), [`${name}n`], { axis: 0 }));
  }
  const sequence = batchFirst ? ["batch", "time"] : ["time", "batch"];
  const stateOf = (name: string) => value(name, numLayers * directions, "batch", hiddenSize);
  const inputs = [value("input", ...sequence, inputSize), ...(given ? names : []).map((name) => stateOf(`${name}0`))];
  const outputs = [value("output", ...sequence, directions * hiddenSize), ...names.map((name) => stateOf(`${name}n`))];
  const graph = { 1: nodes, 2: "graph", 5: tensors, 11: inputs, 12: outputs };
  return encode({ 1: IR_VERSION, 2: "lstm-wasm", 7: graph, 8: { 2: OPSET } });
}

function kindOf(module: unknown): NodeKind {
  for (const [kind, Class] of Object.entries(CLASSES)) if (module instanceof Class) return kind as NodeKind;
  throw mustBe("OPTION", "module", "an LSTM, GRU or RNN of the same entry", module);
}

/** A parameter with its gates in ONNX's order. */
const inOnnxOrder = (kind: NodeKind, parameter: Tensor): Tensor =>
  reordered(
    parameter,
    GATES[kind].map((_, gate) => GATES[kind].indexOf(gate)),
  );
