/** lstm-wasm itself, through its public API, as its README tells a user to call it. */
import { GRU, LSTM, type LSTMStream, RNN, Tensor } from "lstm-wasm";
import { type Case, type Cell, GATES } from "./cases.js";
import type { Contestant, Data, Runner } from "./contestant.js";

/** An entry of the package. */
type Entry = Pick<typeof import("lstm-wasm"), "LSTM" | "GRU" | "RNN">;

/** What forward returns of any of them. */
type Output = [output: Tensor, state: Tensor | [hn: Tensor, cn: Tensor]];

/** What LSTM, GRU and RNN have in common. */
interface Layers extends Pick<LSTM, "zeroGrad" | "parameters" | "namedParameters" | "dispose"> {
  train(): void;
  forward(input: Tensor, state?: undefined, options?: { out?: Output | undefined }): Output;
  backward(gradOutput: Tensor): { readonly input: Tensor };
  stream(): Pick<LSTMStream, "step" | "reset" | "dispose">;
}

const CLASSES: Readonly<Record<Cell, { name: keyof Entry; options: { nonlinearity?: "relu" } }>> = {
  LSTM: { name: "LSTM", options: {} },
  GRU: { name: "GRU", options: {} },
  RNN: { name: "RNN", options: {} },
  "RNN relu": { name: "RNN", options: { nonlinearity: "relu" } },
};

const entry: Entry = { LSTM, GRU, RNN };

/** Whom the others are compared with. */
export const ours = contestant("lstm-wasm", entry);

/** Ours and its variants. The relaxed-simd build takes part where both it and the engine have it. */
export async function allOfOurs(): Promise<Contestant[]> {
  const relaxed = await relaxedEntry();
  return [ours, allocating, ...(relaxed ? [contestant("lstm-wasm relaxed", relaxed)] : [])];
}

/** Without `out`: each forward makes new tensors. */
const allocating: Contestant = {
  ...contestant("lstm-wasm, no out", entry),
  supports: ({ cell, kind }) => cell === "LSTM" && kind === "forward", // what it costs, it costs any cell
  prepare: async (one, data) => forward(load(entry, one, data.weights), inputOf(one, data), false),
};

/** Ours with integer weights. Results differ as much as rounding by so few bits does, far less than any mistake. */
export const narrow: readonly Contestant[] = [
  { ...contestant("int8", entry, "int8"), supports: ({ kind }) => kind !== "train", tolerance: 0.05 },
  { ...contestant("int16", entry, "int16"), supports: ({ kind }) => kind !== "train", tolerance: 2e-3 },
];

function contestant(name: string, entry: Entry, weights?: "int8" | "int16"): Contestant {
  return {
    name,
    supports: () => true,
    async prepare(one, data) {
      const layers = load(entry, one, data.weights, weights);
      if (one.kind === "step") return step(layers, data.input);
      if (one.kind === "forward") return forward(layers, inputOf(one, data), true);
      return train(layers, inputOf(one, data), new Tensor(data.gradOutput, outputShape(one)));
    },
  };
}

function step(layers: Layers, x: Float32Array): Runner {
  const stream = layers.stream();
  let h: Float32Array;
  return {
    run() {
      h = stream.step(x);
    },
    results: async () => ({ h: h.slice() }),
    reset: () => stream.reset(),
    dispose() {
      stream.dispose();
      layers.dispose();
    },
  };
}

function forward(layers: Layers, input: Tensor, reuse: boolean): Runner {
  const options: { out?: Output } = {};
  let result: Output;
  return {
    run() {
      result = layers.forward(input, undefined, options);
      if (reuse) options.out = result;
    },
    async results() {
      const [output, state] = result;
      const states = [state].flat().map(({ data }, at) => [at === 0 ? "hn" : "cn", data.slice()]);
      return { output: output.data.slice(), ...Object.fromEntries(states) };
    },
    dispose: () => layers.dispose(),
  };
}

function train(layers: Layers, input: Tensor, gradOutput: Tensor): Runner {
  let inputGradient: Tensor | undefined;
  layers.train();
  return {
    run() {
      layers.zeroGrad(); // first, so that the gradients of the last run stay to be read
      layers.forward(input);
      inputGradient = layers.backward(gradOutput).input;
    },
    async results() {
      const gradients = [...layers.parameters()].map(({ name, grad }) => [name, grad?.slice()]);
      return { ...Object.fromEntries(gradients), input: (inputGradient as Tensor).data.slice() };
    },
    dispose: () => layers.dispose(),
  };
}

function load(entry: Entry, { cell, hidden }: Case, values: Data["weights"], weights?: "int8" | "int16"): Layers {
  const rows = GATES[cell] * hidden;
  const dict = Object.entries(values).map(([name, values]) => {
    return [name, new Tensor(values, name.startsWith("bias") ? [rows] : [rows, values.length / rows])];
  });
  const { name, options } = CLASSES[cell];
  return entry[name].fromStateDict(Object.fromEntries(dict), { ...options, weights });
}

/** The numbers of a case, the same on every machine: weights as PyTorch initialises them, normal inputs. */
export function dataOf(one: Case): Data {
  const { cell, inputs, hidden, layers, directions } = one;
  const sizes = { inputSize: inputs, hiddenSize: hidden, numLayers: layers, bidirectional: directions === 2 };
  const { name, options } = CLASSES[cell];
  const own: Layers = new entry[name]({ ...sizes, ...options, seed: 1 });
  const weights = Object.fromEntries([...own.namedParameters()].map(([name, { data }]) => [name, data.slice()]));
  own.dispose();
  const input = Tensor.randn([one.steps, one.batch, inputs], { seed: 2 }).data;
  const gradOutput = Tensor.randn(outputShape(one), { seed: 3 }).data;
  return { weights, input, gradOutput };
}

function inputOf({ steps, batch, inputs }: Case, { input }: Data): Tensor {
  return new Tensor(input, [steps, batch, inputs]);
}

function outputShape({ steps, batch, hidden, directions }: Case): [number, number, number] {
  return [steps, batch, directions * hidden];
}

async function relaxedEntry(): Promise<Entry | undefined> {
  if (!WebAssembly.validate(RELAXED_PROBE)) return undefined;
  const subPath: string = "lstm-wasm/relaxed";
  try {
    return await import(subPath);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return undefined;
    throw error;
  }
}

/** A module with one f32x4.relaxed_madd in it. */
// biome-ignore format: bytes
export const RELAXED_PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65,
  0, 253, 15, 253, 133, 2, 11,
);
