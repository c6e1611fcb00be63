/** The case as an ONNX model, and the runner that both builds of onnxruntime share. */
import protocol, { type onnx } from "onnx-proto";
import type * as Runtime from "onnxruntime-node";
import type { Case } from "../cases.js";
import type { Data, Runner } from "../contestant.js";
import { parametersOf, reordered } from "./gates.js";

/** ONNX computes the gates in the order input, output, forget, cell. */
const ORDER = "iofg";

const { AttributeProto, ModelProto, TensorProto } = protocol.onnx; // CommonJS
const { INT, INTS, STRING } = AttributeProto.AttributeType;
const { FLOAT, INT64 } = TensorProto.DataType;

/**
 * One LSTM node for each layer. "forward": X (steps, batch, inputs) to `output` (steps, batch, directions * hidden).
 * "step": X, h and c to hn and cn, each (1, 1, hidden).
 */
export function lstmModel({ kind, inputs, hidden, layers, directions, batch, steps }: Case, data: Data): Uint8Array {
  const step = kind === "step";
  const nodes: onnx.INodeProto[] = [];
  const constants: onnx.ITensorProto[] = [];
  const constant = (name: string, dims: number[], values: Float32Array | BigInt64Array) => {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    constants.push({ name, dims, dataType: values instanceof Float32Array ? FLOAT : INT64, rawData });
    return name;
  };
  const node = (opType: string, input: string[], output: string[], attribute: onnx.IAttributeProto[] = []) =>
    nodes.push({ opType, input, output, attribute });

  if (!step) constant("joined", [3], BigInt64Array.of(BigInt(steps), BigInt(batch), BigInt(directions * hidden)));
  let above = "X";
  for (let layer = 0; layer < layers; layer++) {
    const width = layer === 0 ? inputs : directions * hidden;
    const sides = Array.from({ length: directions }, (_, direction) => parametersOf(data.weights, layer, direction));
    const ih = sides.map(({ weightIh }) => reordered(weightIh, ORDER));
    const hh = sides.map(({ weightHh }) => reordered(weightHh, ORDER));
    const biases = sides.flatMap(({ biasIh, biasHh }) => [reordered(biasIh, ORDER), reordered(biasHh, ORDER)]);
    const parameters = [
      constant(`W${layer}`, [directions, 4 * hidden, width], concatenated(ih)),
      constant(`R${layer}`, [directions, 4 * hidden, hidden], concatenated(hh)),
      constant(`B${layer}`, [directions, 8 * hidden], concatenated(biases)),
    ];
    node("LSTM", [above, ...parameters, ...(step ? ["", "h", "c"] : [])], step ? ["", "hn", "cn"] : [`Y${layer}`], [
      { name: "hidden_size", type: INT, i: hidden },
      {
        name: "direction",
        type: STRING,
        s: Buffer.from(directions === 2 ? "bidirectional" : "forward"),
      },
    ]);
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

  const state = [1, 1, hidden];
  const model = ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 14 }],
    graph: {
      name: "lstm",
      node: nodes,
      initializer: constants,
      input: [value("X", [steps, batch, inputs]), ...(step ? [value("h", state), value("c", state)] : [])],
      output: step ? [value("hn", state), value("cn", state)] : [value("output", [steps, batch, directions * hidden])],
    },
  });
  return ModelProto.encode(model).finish();
}

/** What onnxruntime-node and onnxruntime-web have in common. */
type Onnxruntime = Pick<typeof Runtime, "InferenceSession" | "Tensor" | "env">;

export async function onnxRunner(runtime: Onnxruntime, one: Case, data: Data): Promise<Runner> {
  const { InferenceSession, Tensor } = runtime;
  const session = await InferenceSession.create(lstmModel(one, data), {
    executionProviders: [runtime.env.versions.node === undefined ? "wasm" : "cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });
  const { kind, inputs, hidden, batch, steps } = one;
  const X = new Tensor("float32", data.input, [steps, batch, inputs]);
  const dispose = () => session.release();

  if (kind === "step") {
    const zeros = () => new Tensor("float32", new Float32Array(hidden), [1, 1, hidden]);
    const feeds: Record<string, Runtime.Tensor> = { X, h: zeros(), c: zeros() };
    return {
      async run() {
        const { hn, cn } = await session.run(feeds);
        feeds.h = hn as Runtime.Tensor;
        feeds.c = cn as Runtime.Tensor;
      },
      results: async () => ({ h: Float32Array.from(feeds.h?.data as Float32Array) }),
      reset() {
        feeds.h = zeros();
        feeds.c = zeros();
      },
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
