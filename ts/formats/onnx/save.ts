/** ONNX models of recurrent modules. */
import { describe } from "../../checks/describe.js";
import { LSTMError } from "../../checks/errors.js";
import { checkBoolean, checkObject } from "../../checks/options.js";
import { suffixOf } from "../../recurrent/cells.js";
import { GRU } from "../../recurrent/gru.js";
import { LSTM } from "../../recurrent/lstm.js";
import { RNN } from "../../recurrent/rnn.js";
import type { Bytes } from "../../tensor/arrays.js";
import type { Tensor } from "../../tensor/tensor.js";
import { concatenated } from "./constants.js";
import { encode, type Field } from "./encode.js";
import { GATES, type NodeKind, reordered } from "./layer.js";

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

/** A name, or a number that is known. */
type Size = string | number;
type Attribute = number | string | readonly (number | string)[];

/** The fields of a graph as they are added, by their numbers in onnx.proto. */
class GraphWriter {
  readonly #fields: Field[] = [];

  node(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const values = (number: number, names: readonly string[]) => names.map((name): Field => [number, name]);
    const own = Object.entries(attributes).map((attribute): Field => [5, attributeOf(attribute)]);
    const named: Field[] = [
      [3, `${op}_${outputs[0]}`],
      [4, op],
    ];
    this.#fields.push([1, [...values(1, inputs), ...values(2, outputs), ...named, ...own]]);
  }

  tensor(name: string, shape: readonly number[], values: Float32Array | BigInt64Array): void {
    const dims = shape.map((size): Field => [1, size]);
    const type = values instanceof Float32Array ? FLOAT : INT64;
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#fields.push([5, [...dims, [2, type], [8, name], [9, raw]]]);
  }

  /** An input (field 11) or an output (12) of the graph: float32 numbers. */
  value(field: 11 | 12, name: string, shape: readonly Size[]): void {
    const sizes = shape.map((size): Field => [1, [[typeof size === "string" ? 2 : 1, size]]]);
    const type: Field[] = [
      [1, FLOAT],
      [2, sizes],
    ];
    this.#fields.push([
      field,
      [
        [1, name],
        [2, [[1, type]]],
      ],
    ]);
  }

  finish(): Bytes {
    const graph: Field = [7, [...this.#fields, [2, "graph"]]];
    return encode([[1, IR_VERSION], [2, "lstm-wasm"], graph, [8, [[2, OPSET]]]]);
  }
}

/** AttributeProto's types are INT 2, STRING 3, INTS 7, STRINGS 8. */
function attributeOf([name, value]: [string, Attribute]): Field[] {
  const list = typeof value === "object";
  const values = list ? value : [value];
  const isText = typeof values[0] === "string";
  const number = (isText ? 4 : 3) + (list ? 5 : 0);
  return [[1, name], ...values.map((one): Field => [number, one]), [20, (isText ? 3 : 2) + (list ? 5 : 0)]];
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
  const { inputSize, hiddenSize, numLayers, bidirectional, batchFirst } = module;
  const directions = bidirectional ? 2 : 1;
  const dict = module.stateDict();
  const graph = new GraphWriter();

  const stateNames = kind === "LSTM" ? ["h", "c"] : ["h"];
  const sequence: Size[] = batchFirst ? ["batch", "time"] : ["time", "batch"];
  graph.value(11, "input", [...sequence, inputSize]);
  let x = batchFirst ? "input_time_first" : "input";
  if (batchFirst) graph.node("Transpose", ["input"], [x], { perm: [1, 0, 2] });
  const ofLayer = (name: string, l: number) => (numLayers === 1 ? name : `${name}_l${l}`);
  const ofLayers = (name: string) => Array.from({ length: numLayers }, (_, l) => ofLayer(name, l));
  for (const name of given ? stateNames : []) {
    graph.value(11, `${name}0`, [numLayers * directions, "batch", hiddenSize]);
    if (numLayers > 1) graph.node("Split", [`${name}0`], ofLayers(`${name}0`), { axis: 0 });
  }

  graph.tensor("output_shape", [3], BigInt64Array.of(0n, 0n, BigInt(directions * hiddenSize)));
  for (let l = 0; l < numLayers; l++) {
    const suffixes = Array.from({ length: directions }, (_, d) => suffixOf(l, d));
    const own = (...names: string[]) =>
      suffixes.flatMap((suffix) => names.map((name) => dict[name + suffix] as Tensor));
    const [W, R, B] = [`W_l${l}`, `R_l${l}`, module.bias ? `B_l${l}` : ""];
    const columns = l === 0 ? inputSize : directions * hiddenSize;
    const rows = GATES[kind].length * hiddenSize;
    graph.tensor(W, [directions, rows, columns], inOnnxOrder(kind, own("weight_ih")));
    graph.tensor(R, [directions, rows, hiddenSize], inOnnxOrder(kind, own("weight_hh")));
    if (module.bias) graph.tensor(B, [directions, 2 * rows], inOnnxOrder(kind, own("bias_ih", "bias_hh")));
    const before = given ? stateNames.map((name) => ofLayer(`${name}0`, l)) : [];
    const last = stateNames.map((name) => ofLayer(`${name}n`, l));
    graph.node(kind, [x, W, R, B, "", ...before], [`Y_l${l}`, ...last], {
      hidden_size: hiddenSize,
      direction: bidirectional ? "bidirectional" : "forward",
      ...(kind === "GRU" && { linear_before_reset: 1 }),
      ...(module instanceof RNN && module.nonlinearity === "relu" && { activations: suffixes.map(() => "Relu") }),
    });
    const top = l === numLayers - 1;
    // (time, directions, batch, hidden) to (time, batch, directions * hidden)
    graph.node("Transpose", [`Y_l${l}`], [`Y_l${l}_moved`], { perm: top && batchFirst ? [2, 0, 1, 3] : [0, 2, 1, 3] });
    x = top ? "output" : `output_l${l}`;
    graph.node("Reshape", [`Y_l${l}_moved`, "output_shape"], [x]);
  }
  graph.value(12, "output", [...sequence, directions * hiddenSize]);
  for (const name of stateNames) {
    if (numLayers > 1) graph.node("Concat", ofLayers(`${name}n`), [`${name}n`], { axis: 0 });
    graph.value(12, `${name}n`, [numLayers * directions, "batch", hiddenSize]);
  }
  return graph.finish();
}

function kindOf(module: unknown): NodeKind {
  if (module instanceof LSTM) {
    if (module.projSize === 0) return "LSTM";
    throw new LSTMError("OPTION", `save: this LSTM has projSize ${module.projSize}; ONNX's LSTM has no projection`);
  }
  if (module instanceof GRU) return "GRU";
  if (module instanceof RNN) return "RNN";
  throw new LSTMError("OPTION", `save: module must be an LSTM, GRU or RNN of the same entry, got ${describe(module)}`);
}

/** The values of some parameters of one layer, one after the other, their gates in ONNX's order. */
function inOnnxOrder(kind: NodeKind, tensors: readonly Tensor[]): Float32Array {
  const order = GATES[kind].map((_, gate) => GATES[kind].indexOf(gate));
  return (concatenated(tensors.map((tensor) => reordered(tensor, order))) as Tensor).data;
}
