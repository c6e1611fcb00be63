import "@tensorflow/tfjs-backend-cpu";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import wasm from "@tensorflow/tfjs-backend-wasm";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import tf from "@tensorflow/tfjs-core";
import layersApi from "@tensorflow/tfjs-layers";
import { type Case, flops } from "../cases.js";
import type { Contestant, Data, Runner } from "../contestant.js";
import { nameOf, parametersOf } from "./gates.js";
import { versionOf } from "./versions.js";

const { layers, sequential } = layersApi;

wasm.setWasmPaths(join(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")), "/"));
wasm.setThreadsCount(1);

/** TensorFlow.js on its two backends that need no browser: plain JavaScript, and SIMD WebAssembly on one thread. */
export const tfjs: readonly Contestant[] = ["cpu", "wasm"].map((backend) => ({
  name: `tfjs ${backend}`,
  version: versionOf("@tensorflow/tfjs-core"),
  // On the cpu backend one run of the largest cases takes a minute: nobody waits for that.
  supports: (one: Case) => backend !== "cpu" || flops(one) < 2e9,
  async prepare(one, data) {
    await use(backend);
    return RUNNERS[one.kind](one, data, backend);
  },
}));

const RUNNERS: Readonly<Record<Case["kind"], (one: Case, data: Data, backend: string) => Runner>> = {
  step: stepRunner,
  forward: forwardRunner,
  train: trainRunner,
};

/** All tensors live in one engine with one current backend: contestants that take turns say which. */
async function use(backend: string): Promise<void> {
  if (tf.getBackend() !== backend) await tf.setBackend(backend);
}

/** The cell alone: a stateful model's `predict` costs more. */
function stepRunner({ inputs, hidden }: Case, data: Data, backend: string): Runner {
  const cell = layers.lstmCell({ units: hidden, ...SETTINGS });
  cell.build([1, inputs]);
  cell.setWeights(kerasWeights(data, 1, 1));
  const x = tf.tensor2d(data.input, [1, inputs]);
  const zeros = () => tf.zeros([1, hidden]);
  let [h, c] = [zeros(), zeros()] as [Tensor, Tensor];
  let output = new Float32Array(hidden);
  const advance = (next: () => [Tensor, Tensor]) => {
    const last = [h, c];
    [h, c] = next();
    tf.dispose(last);
  };
  return {
    async run() {
      await use(backend);
      advance(() => tf.tidy(() => (cell.call([x, h, c], {}) as Tensor[]).slice(1) as [Tensor, Tensor]));
      output = h.dataSync<"float32">() as Float32Array<ArrayBuffer>;
    },
    results: async () => ({ h: output.slice() }),
    reset: () => advance(() => [zeros(), zeros()]),
    dispose() {
      tf.dispose([x, h, c]);
      for (const weight of cell.weights) weight.dispose(); // A cell that was never applied refuses to be disposed of.
    },
  };
}

function forwardRunner(one: Case, data: Data, backend: string): Runner {
  const model = modelOf(one, data);
  const input = batchFirst(data.input, one);
  let output = new Float32Array();
  return {
    async run() {
      await use(backend);
      const result = model.predict(input, { batchSize: one.batch }) as Tensor;
      output = result.dataSync<"float32">() as Float32Array<ArrayBuffer>;
      result.dispose();
    },
    results: async () => ({ output: timeFirst(output, one) }),
    dispose() {
      input.dispose();
      model.dispose();
    },
  };
}

/**
 * Its gradients without its training loop: `variableGrads` of sum(output * gradOutput), the input one of the variables.
 * That is what the others compute too, so it can be checked. It takes less time than `fit`, and a tenth more than
 * `trainOnBatch`, which leaves the gradient of the input out.
 */
function trainRunner(one: Case, data: Data, backend: string): Runner {
  const model = modelOf(one, data);
  const input = tf.variable(batchFirst(data.input, one));
  const gradOutput = batchFirst(data.gradOutput, one);
  const weights = model.trainableWeights.map((weight) => weight.read() as Variable);
  let gradients: Float32Array[] = [];
  return {
    async run() {
      await use(backend);
      const { value, grads } = tf.variableGrads(
        () => tf.sum(tf.mul(model.apply(input) as Tensor, gradOutput)),
        [input, ...weights],
      );
      gradients = [input, ...weights].map(({ name }) => (grads[name] as Tensor).dataSync<"float32">());
      tf.dispose([value, grads] as never);
    },
    async results() {
      const [ofInput, ...ofWeights] = gradients as [Float32Array, ...Float32Array[]];
      return { ...torchGradients(ofWeights, one), input: timeFirst(ofInput, one) };
    },
    dispose() {
      tf.dispose([input, gradOutput]);
      model.dispose();
    },
  };
}

/** PyTorch's activations; the weights are set afterwards, and the default way of drawing them takes long. */
const SETTINGS = {
  activation: "tanh",
  recurrentActivation: "sigmoid",
  kernelInitializer: "zeros",
  recurrentInitializer: "zeros",
  unitForgetBias: false,
} as const;

function modelOf({ inputs, hidden, layers: count, directions, batch, steps }: Case, data: Data) {
  const model = sequential();
  for (let layer = 0; layer < count; layer++) {
    const lstm = layers.lstm({ units: hidden, returnSequences: true, ...SETTINGS });
    const shape = layer === 0 ? { batchInputShape: [batch, steps, inputs] } : {};
    if (directions === 2) model.add(layers.bidirectional({ layer: lstm, mergeMode: "concat", ...shape } as never));
    else model.add(layer === 0 ? layers.inputLayer(shape) : lstm);
    if (directions === 1 && layer === 0) model.add(lstm);
  }
  model.setWeights(kerasWeights(data, count, directions));
  return model;
}

/** Keras has kernel (inputs, 4 * hidden), recurrent kernel and one bias, and PyTorch's order of the gates. */
function kerasWeights({ weights }: Data, count: number, directions: number): Tensor[] {
  return Array.from({ length: count * directions }, (_, at) => {
    const { weightIh, weightHh, biasIh, biasHh } = parametersOf(weights, Math.floor(at / directions), at % directions);
    return [
      transposed(weightIh, biasIh.length),
      transposed(weightHh, biasIh.length),
      tf.tensor1d(biasIh.map((value, row) => value + (biasHh[row] as number))),
    ];
  }).flat();
}

function transposed(values: Float32Array, rows: number): Tensor {
  return tf.tidy(() => tf.transpose(tf.tensor2d(values, [rows, values.length / rows])));
}

/** Kernel, recurrent kernel and bias of each direction in each layer, back to PyTorch's. */
function torchGradients(gradients: readonly Float32Array[], { layers, directions, hidden }: Case) {
  const result: Record<string, Float32Array> = {};
  for (let at = 0; at < layers * directions; at++) {
    const [kernel, recurrent, bias] = gradients.slice(3 * at) as [Float32Array, Float32Array, Float32Array];
    const name = (parameter: string) => nameOf(parameter, Math.floor(at / directions), at % directions);
    const back = (values: Float32Array) =>
      tf.tidy(() =>
        transposed(values, values.length / (4 * hidden))
          .dataSync<"float32">()
          .slice(),
      );
    result[name("weight_ih")] = back(kernel);
    result[name("weight_hh")] = back(recurrent);
    result[name("bias_ih")] = bias;
    result[name("bias_hh")] = bias;
  }
  return result;
}

/** (steps, batch, features) to (batch, steps, features) */
function batchFirst(values: Float32Array, { steps, batch }: Case): Tensor {
  return tf.tidy(() => tf.transpose(tf.tensor3d(values, [steps, batch, values.length / (steps * batch)]), [1, 0, 2]));
}

function timeFirst(values: Float32Array, { steps, batch }: Case): Float32Array {
  return tf.tidy(() =>
    tf
      .transpose(tf.tensor3d(values, [batch, steps, values.length / (steps * batch)]), [1, 0, 2])
      .dataSync<"float32">()
      .slice(),
  );
}
