/** TensorFlow.js in Node and in a browser, which find the files of its wasm backend in different ways. */
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { type Case, type Cell, flops, GATES } from "../cases.js";
import type { Contestant, Data, Runner } from "../contestant.js";
import { nameOf, parametersOf, reordered, torchOrder } from "./gates.js";
import { KERAS } from "./tfjs-cells.js";

/** TensorFlow.js on its two backends that need no browser: plain JavaScript, and SIMD WebAssembly on one thread. */
export const tfjs: readonly Contestant[] = ["cpu", "wasm"].map((backend) => ({
  name: `tfjs ${backend}`,
  version: tf.version_core,
  // The cpu backend has always been the slower one, 3 to 14 times in cases with many flops: nobody waits for that.
  // `bidirectional` copies a layer from its description, which a cell of our own does not have.
  supports: (one: Case) => (backend !== "cpu" || flops(one) < 1.5e8) && (one.cell === "LSTM" || one.directions === 1),
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
function stepRunner({ cell: kind, inputs, hidden }: Case, data: Data, backend: string): Runner {
  const cell = KERAS[kind].cell(hidden);
  cell.build([1, inputs]);
  cell.setWeights(kerasWeights(kind, data, 1, 1));
  const x = tf.tensor2d(data.input, [1, inputs]);
  const zeros = () => [cell.stateSize].flat().map(() => tf.zeros([1, hidden])) as Tensor[];
  let state = zeros();
  let output = new Float32Array(hidden);
  const advance = (next: () => Tensor[]) => {
    const last = state;
    state = next();
    tf.dispose(last);
  };
  return {
    async run() {
      await use(backend);
      advance(() => tf.tidy(() => (cell.call([x, ...state], {}) as Tensor[]).slice(1)));
      output = state[0]?.dataSync<"float32">() as Float32Array<ArrayBuffer>;
    },
    results: async () => ({ h: output.slice() }),
    reset: () => advance(zeros),
    dispose() {
      tf.dispose([x, ...state]);
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

function modelOf({ cell, inputs, hidden, layers: count, directions, batch, steps }: Case, data: Data) {
  const model = sequential();
  for (let layer = 0; layer < count; layer++) {
    const recurrent = KERAS[cell].layer(hidden);
    const shape = layer === 0 ? { batchInputShape: [batch, steps, inputs] } : {};
    if (directions === 2) model.add(layers.bidirectional({ layer: recurrent, mergeMode: "concat", ...shape } as never));
    else model.add(layer === 0 ? layers.inputLayer(shape) : recurrent);
    if (directions === 1 && layer === 0) model.add(recurrent);
  }
  model.setWeights(kerasWeights(cell, data, count, directions));
  return model;
}

/** Keras has kernel (inputs, gates * hidden), recurrent kernel (hidden, gates * hidden) and one bias or two. */
function kerasWeights(cell: Cell, { weights }: Data, count: number, directions: number): Tensor[] {
  const { order, twoBiases } = KERAS[cell];
  return Array.from({ length: count * directions }, (_, at) => {
    const { weightIh, weightHh, biasIh, biasHh } = parametersOf(weights, Math.floor(at / directions), at % directions);
    const kernel = (rows: Float32Array) => transposed(reordered(rows, cell, order), biasIh.length);
    const biases = twoBiases ? [biasIh, biasHh] : [biasIh.map((value, row) => value + (biasHh[row] as number))];
    return [
      kernel(weightIh),
      kernel(weightHh),
      ...biases.map((bias) => tf.tensor1d(reordered(bias, cell, order))),
    ] as Tensor[];
  }).flat();
}

function transposed(values: Float32Array, rows: number): Tensor {
  return tf.tidy(() => tf.transpose(tf.tensor2d(values, [rows, values.length / rows])));
}

/** `kerasWeights` back to PyTorch's. The one bias stands for both, whose gradients are the same. */
function torchGradients(gradients: readonly Float32Array[], { cell, layers, directions, hidden }: Case) {
  const { order, twoBiases } = KERAS[cell];
  const result: Record<string, Float32Array> = {};
  const each = twoBiases ? 4 : 3;
  for (let at = 0; at < layers * directions; at++) {
    const [kernel, recurrent, biasIh, biasHh = biasIh] = gradients.slice(each * at, each * (at + 1)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array?,
    ];
    const name = (parameter: string) => nameOf(parameter, Math.floor(at / directions), at % directions);
    const rows = (values: Float32Array) =>
      tf.tidy(() => transposed(values, values.length / (GATES[cell] * hidden)).dataSync<"float32">());
    const back = (values: Float32Array) => torchOrder(values, cell, order);
    result[name("weight_ih")] = back(rows(kernel));
    result[name("weight_hh")] = back(rows(recurrent));
    result[name("bias_ih")] = back(biasIh);
    result[name("bias_hh")] = back(biasHh);
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
