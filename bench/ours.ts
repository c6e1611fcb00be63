/** lstm-wasm itself, through its public API, as its README tells a user to call it. */
import { readFileSync } from "node:fs";
import { type ForwardOptions, LSTM, type Result, Tensor } from "lstm-wasm";
import type { Case } from "./cases.js";
import type { Contestant, Data, Runner } from "./contestant.js";

type Constructor = typeof LSTM;

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** Whom the others are compared with. */
export const ours = contestant("lstm-wasm", LSTM);

/** Ours and its variants. The relaxed-simd build takes part where both it and the engine have it. */
export async function allOfOurs(): Promise<Contestant[]> {
  const relaxed = await relaxedLSTM();
  return [ours, allocating, ...(relaxed ? [contestant("lstm-wasm relaxed", relaxed)] : [])];
}

/** Without `out`: each forward makes new tensors. */
const allocating: Contestant = {
  ...contestant("lstm-wasm, no out", LSTM),
  supports: ({ kind }) => kind === "forward",
  prepare: async (one, data) => forward(load(LSTM, one, data.weights), inputOf(one, data), false),
};

function contestant(name: string, LSTM: Constructor): Contestant {
  return {
    name,
    version,
    supports: () => true,
    async prepare(one, data) {
      const lstm = load(LSTM, one, data.weights);
      if (one.kind === "step") return step(lstm, data.input);
      if (one.kind === "forward") return forward(lstm, inputOf(one, data), true);
      return train(lstm, inputOf(one, data), new Tensor(data.gradOutput, outputShape(one)));
    },
  };
}

function step(lstm: LSTM, x: Float32Array): Runner {
  const stream = lstm.stream();
  let h: Float32Array;
  return {
    run() {
      h = stream.step(x);
    },
    results: async () => ({ h: h.slice() }),
    reset: () => stream.reset(),
    dispose() {
      stream.dispose();
      lstm.dispose();
    },
  };
}

function forward(lstm: LSTM, input: Tensor, reuse: boolean): Runner {
  const options: ForwardOptions<Tensor> = {};
  let result: Result<Tensor>;
  return {
    run() {
      result = lstm.forward(input, undefined, options);
      if (reuse) options.out = result;
    },
    async results() {
      const [output, [hn, cn]] = result;
      return { output: output.data.slice(), hn: hn.data.slice(), cn: cn.data.slice() };
    },
    dispose: () => lstm.dispose(),
  };
}

function train(lstm: LSTM, input: Tensor, gradOutput: Tensor): Runner {
  let inputGradient: Tensor | undefined;
  lstm.train();
  return {
    run() {
      lstm.zeroGrad(); // first, so that the gradients of the last run stay to be read
      lstm.forward(input);
      inputGradient = lstm.backward(gradOutput).input;
    },
    async results() {
      const gradients = [...lstm.parameters()].map(({ name, grad }) => [name, grad?.slice()]);
      return { ...Object.fromEntries(gradients), input: (inputGradient as Tensor).data.slice() };
    },
    dispose: () => lstm.dispose(),
  };
}

function load(LSTM: Constructor, { hidden }: Case, weights: Data["weights"]): LSTM {
  const dict = Object.entries(weights).map(([name, values]) => {
    const shape = name.startsWith("bias") ? [4 * hidden] : [4 * hidden, values.length / (4 * hidden)];
    return [name, new Tensor(values, shape)];
  });
  return LSTM.fromStateDict(Object.fromEntries(dict));
}

/** The numbers of a case, the same on every machine: weights as PyTorch initialises them, normal inputs. */
export function dataOf(one: Case): Data {
  const { inputs, hidden, layers, directions } = one;
  const sizes = { inputSize: inputs, hiddenSize: hidden, numLayers: layers, bidirectional: directions === 2 };
  const lstm = new LSTM({ ...sizes, seed: 1 });
  const weights = Object.fromEntries([...lstm.namedParameters()].map(([name, { data }]) => [name, data.slice()]));
  lstm.dispose();
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

async function relaxedLSTM(): Promise<Constructor | undefined> {
  if (!WebAssembly.validate(RELAXED_PROBE)) return undefined;
  const subPath: string = "lstm-wasm/relaxed";
  try {
    return (await import(subPath)).LSTM;
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
