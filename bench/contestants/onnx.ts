/** The case as an ONNX model, and what onnxruntime does with it in Node and in a browser. */
import protocol, { type onnx } from "onnx-proto";
import type * as Runtime from "onnxruntime-web";
import { type Case, type Cell, GATES } from "../cases.js";
import type { Contestant, Data, Runner } from "../contestant.js";
import { parametersOf, reordered } from "./gates.js";
import { integersOf } from "./onnx-integers.js";

const { AttributeProto, ModelProto, TensorProto } = protocol.onnx; // CommonJS
const { INT, INTS, STRING, STRINGS } = AttributeProto.AttributeType;
const { FLOAT, INT8, INT64 } = TensorProto.DataType;

/** The domain of onnxruntime's own operators. */
const MICROSOFT = "com.microsoft";

const text = (value: string) => new TextEncoder().encode(value);

interface Operator {
  readonly opType: string;
  /** In which ONNX has the gates: of an LSTM input, output, forget, cell. */
  readonly order: string;
  /** What the steps hand on. */
  readonly states: readonly string[];
  readonly attribute: (directions: number) => onnx.IAttributeProto[];
}

const rnn = (activation: string): Operator => ({
  opType: "RNN",
  order: "h",
  states: ["h"],
  attribute: (directions) => [
    { name: "activations", type: STRINGS, strings: Array(directions).fill(text(activation)) },
  ],
});

const OPERATORS: Readonly<Record<Cell, Operator>> = {
  LSTM: { opType: "LSTM", order: "iofg", states: ["h", "c"], attribute: () => [] },
  GRU: {
    opType: "GRU",
    order: "zrn",
    states: ["h"],
    // PyTorch's: the reset gate multiplies W_hn h + b_hn, not h.
    attribute: () => [{ name: "linear_before_reset", type: INT, i: 1 }],
  },
  RNN: rnn("Tanh"),
  "RNN relu": rnn("Relu"),
};

/**
 * One node for each layer. "forward": X (steps, batch, inputs) to `output` (steps, batch, directions * hidden).
 * "step": X, h and, of an LSTM, c to hn and cn, each (1, 1, hidden). With `int8` LSTMs are of onnxruntime's own operator.
 */
export function onnxModel(one: Case, data: Data, int8 = false): Uint8Array {
  const { cell, kind, inputs, hidden, layers, directions, batch, steps } = one;
  const { opType, order, states, attribute } = OPERATORS[cell];
  const rows = GATES[cell] * hidden;
  const step = kind === "step";
  const nodes: onnx.INodeProto[] = [];
  const constants: onnx.ITensorProto[] = [];
  const constant = (name: string, dims: number[], values: Float32Array | BigInt64Array | Int8Array) => {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const dataType = values instanceof Float32Array ? FLOAT : values instanceof Int8Array ? INT8 : INT64;
    constants.push({ name, dims, dataType, rawData });
    return name;
  };
  /** The name of the integers, and those of their scales and zero points. */
  const integers = (name: string, matrices: readonly Float32Array[], width: number) => {
    const { values, scales, zeroPoints } = integersOf(matrices, width);
    return [
      constant(name, [directions, width, rows], values),
      constant(`${name}_scale`, [directions, rows], scales),
      constant(`${name}_zero_point`, [directions, rows], zeroPoints),
    ] as const;
  };
  const node = (
    opType: string,
    input: string[],
    output: string[],
    attribute: onnx.IAttributeProto[] = [],
    domain = "",
  ) => nodes.push({ opType, input, output, attribute, domain });

  if (!step) constant("joined", [3], BigInt64Array.of(BigInt(steps), BigInt(batch), BigInt(directions * hidden)));
  let above = "X";
  for (let layer = 0; layer < layers; layer++) {
    const width = layer === 0 ? inputs : directions * hidden;
    const sides = Array.from({ length: directions }, (_, direction) => parametersOf(data.weights, layer, direction));
    const ih = sides.map(({ weightIh }) => reordered(weightIh, cell, order));
    const hh = sides.map(({ weightHh }) => reordered(weightHh, cell, order));
    const biases = sides.flatMap(({ biasIh, biasHh }) => [biasIh, biasHh].map((bias) => reordered(bias, cell, order)));
    const bias = constant(`B${layer}`, [directions, 2 * rows], concatenated(biases));
    const initial = step ? ["", ...states] : [];
    const outputs = step ? ["", ...states.map(next)] : [`Y${layer}`];
    const attributes = [
      { name: "hidden_size", type: INT, i: hidden },
      { name: "direction", type: STRING, s: text(directions === 2 ? "bidirectional" : "forward") },
      ...attribute(directions),
    ];
    if (int8) {
      const [w, ...wScaling] = integers(`W${layer}`, ih, width);
      const [r, ...rScaling] = integers(`R${layer}`, hh, hidden);
      // Between the states and the scales stands P, the peepholes that there are none of.
      const inputNames = [above, w, r, bias, ...(step ? initial : ["", "", ""]), "", ...wScaling, ...rScaling];
      node("DynamicQuantizeLSTM", inputNames, outputs, attributes, MICROSOFT);
    } else {
      const w = constant(`W${layer}`, [directions, rows, width], concatenated(ih));
      const r = constant(`R${layer}`, [directions, rows, hidden], concatenated(hh));
      node(opType, [above, w, r, bias, ...initial], outputs, attributes);
    }
    if (step) break;
    // Y is (steps, directions, batch, hidden). With one direction only its shape differs from PyTorch's.
    above = layer === layers - 1 ? "output" : `X${layer + 1}`;
    let joinable = `Y${layer}`;
    if (directions === 2) {
      node("Transpose", [joinable], [`T${layer}`], [{ name: "perm", type: INTS, ints: [0, 2, 1, 3] }]);
      joinable = `T${layer}`;
    }
    node("Reshape", [joinable, "joined"], [above]);
  }

  const values = (names: readonly string[]) => names.map((name) => value(name, [1, 1, hidden]));
  const model = ModelProto.create({
    irVersion: 8,
    opsetImport: [
      { domain: "", version: 14 },
      { domain: MICROSOFT, version: 1 },
    ],
    graph: {
      name: opType,
      node: nodes,
      initializer: constants,
      input: [value("X", [steps, batch, inputs]), ...(step ? values(states) : [])],
      output: step ? values(states.map(next)) : [value("output", [steps, batch, directions * hidden])],
    },
  });
  return ModelProto.encode(model).finish();
}

/** The name of a state after the step. */
function next(state: string): string {
  return `${state}n`;
}

/** What onnxruntime-node and onnxruntime-web have in common. */
export type Onnxruntime = Pick<typeof Runtime, "InferenceSession" | "Tensor" | "env">;

/** SIMD WebAssembly on one thread. It has not trained since 1.19. */
export function onnxruntimeWeb(runtime: Onnxruntime): Contestant {
  // Both are what it does in Node anyway; said here so that it is one thread for certain.
  runtime.env.wasm.numThreads = 1;
  runtime.env.wasm.proxy = false;
  return {
    name: "onnxruntime-web",
    version: runtime.env.versions.common,
    supports: ({ kind }) => kind !== "train",
    prepare: (one, data) => onnxRunner(runtime, one, data),
  };
}

export async function onnxRunner(runtime: Onnxruntime, one: Case, data: Data, int8 = false): Promise<Runner> {
  const { InferenceSession, Tensor } = runtime;
  const session = await InferenceSession.create(onnxModel(one, data, int8), {
    executionProviders: [runtime.env.versions.node === undefined ? "wasm" : "cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });
  const { cell, kind, inputs, hidden, batch, steps } = one;
  const X = new Tensor("float32", data.input, [steps, batch, inputs]);
  const dispose = () => session.release();

  if (kind === "step") {
    const { states } = OPERATORS[cell];
    const feeds: Record<string, Runtime.Tensor> = { X };
    const reset = () => {
      for (const state of states) feeds[state] = new Tensor("float32", new Float32Array(hidden), [1, 1, hidden]);
    };
    reset();
    return {
      async run() {
        const results = await session.run(feeds);
        for (const state of states) feeds[state] = results[next(state)] as Runtime.Tensor;
      },
      results: async () => ({ h: Float32Array.from(feeds.h?.data as Float32Array) }),
      reset,
      dispose,
    };
  }

  const feeds = { X };
  let output = new Float32Array();
  return {
    async run() {
      output = (await session.run(feeds)).output?.data as Float32Array<ArrayBuffer>;
    },
    results: async () => ({ output: output.slice() }),
    dispose,
  };
}

function value(name: string, dims: number[]): onnx.IValueInfoProto {
  const shape = { dim: dims.map((dimValue) => ({ dimValue })) };
  return { name, type: { tensorType: { elemType: FLOAT, shape } } };
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
