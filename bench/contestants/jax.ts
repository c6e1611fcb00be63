import { defaultDevice, grad, init, jit, nn, numpy as np, tree, type Array as Values } from "@jax-js/jax";
import type { Case } from "../cases.js";
import type { Contestant, Data, Runner } from "../contestant.js";
import { nameOf, parametersOf } from "./gates.js";
import { versionOf } from "./versions.js";

/**
 * jax-js has no LSTM and no lax.scan: this one is written as its user would, the steps unrolled and all of it compiled
 * by `jit`. Of the forms that were tried this trains fastest: one product for all gates, of x and h side by side. Slower
 * were the input's product hoisted out of the steps (1.1 to 1.4 times), `jit` of the cell alone and `jit` inside
 * `grad` (more than 10). It stays on one thread where there is no global Worker, as in Node. The first run of a case
 * compiles for seconds.
 */
export const jax: Contestant = {
  name: "jax-js",
  version: versionOf("@jax-js/jax"),
  supports: ({ cell }) => cell === "LSTM", // its GRU and RNN would have to be written, as the LSTM was
  async prepare(one, data) {
    await init("wasm");
    defaultDevice("wasm");
    return RUNNERS[one.kind](one, data);
  },
};

const RUNNERS: Readonly<Record<Case["kind"], (one: Case, data: Data) => Runner>> = {
  step: stepRunner,
  forward: forwardRunner,
  train: trainRunner,
};

/** One direction of one layer: W_ih and W_hh side by side (4 * hidden, width + hidden), and the one bias (4 * hidden). */
type Direction = { weight: Values; bias: Values };

// Whatever is passed to a function of jax-js is consumed; `.ref` is one more claim on it.

/** x (batch, width), h and c (batch, hidden) to the next h and c. */
function cell({ weight, bias }: Direction, x: Values[], h: Values, c: Values): [Values, Values] {
  const gates = np.matmul(np.concatenate([...x, h], 1), np.transpose(weight)).add(bias);
  const [i, f, g, o] = np.split(gates, 4, 1) as [Values, Values, Values, Values];
  const next = nn
    .sigmoid(f)
    .mul(c)
    .add(nn.sigmoid(i).mul(np.tanh(g)));
  return [nn.sigmoid(o).mul(np.tanh(next.ref)), next];
}

/** The output (steps, batch, directions * hidden) of x (steps, batch, inputs). */
function lstm(x: Values, parameters: Direction[], { hidden, directions, batch, steps }: Case): Values {
  let above = np.split(x, steps, 0).map((one) => [one.reshape([batch, -1])]);
  for (let layer = 0; layer < parameters.length; layer += directions) {
    const outputs: Values[][] = Array.from({ length: steps }, () => []);
    for (let direction = 0; direction < directions; direction++) {
      const own = parameters[layer + direction] as Direction;
      let [h, c] = [np.zeros([batch, hidden]), np.zeros([batch, hidden])];
      for (let at = 0; at < steps; at++) {
        const t = direction === 0 ? at : steps - 1 - at;
        const last = direction === directions - 1;
        const x = above[t] as Values[];
        [h, c] = cell(tree.ref(own), last ? x : tree.ref(x), h, c);
        outputs[t]?.push(h.ref);
      }
      tree.dispose([h, c, own]);
    }
    above = outputs;
  }
  return np.stack(above.map((side) => (side.length === 1 ? (side[0] as Values) : np.concatenate(side, 1))));
}

function stepRunner({ inputs, hidden }: Case, data: Data): Runner {
  const own = directionOf(data, 0, 0);
  const x = np.array(data.input, { shape: [1, inputs] });
  const step = jit((own: Direction, x: Values, h: Values, c: Values) => cell(own, [x], h, c));
  const zeros = () => np.zeros([1, hidden]);
  let [h, c] = [zeros(), zeros()];
  let output = new Float32Array(hidden);
  return {
    run() {
      [h, c] = step(tree.ref(own), x.ref, h, c);
      output = read(h.ref);
    },
    results: async () => ({ h: output.slice() }),
    reset() {
      tree.dispose([h, c]);
      [h, c] = [zeros(), zeros()];
    },
    dispose() {
      tree.dispose([own, x, h, c]);
      step.dispose();
    },
  };
}

function forwardRunner(one: Case, data: Data): Runner {
  const [x, parameters] = [inputOf(one, data), parametersOfAll(one, data)];
  const forward = jit((x: Values, parameters: Direction[]) => lstm(x, parameters, one));
  let output = new Float32Array();
  return {
    run() {
      output = read(forward(x.ref, tree.ref(parameters)));
    },
    results: async () => ({ output: output.slice() }),
    dispose() {
      tree.dispose([x, parameters]);
      forward.dispose();
    },
  };
}

function trainRunner(one: Case, data: Data): Runner {
  const { hidden, directions, batch, steps } = one;
  const [x, parameters] = [inputOf(one, data), parametersOfAll(one, data)];
  const gradOutput = np.array(data.gradOutput, { shape: [steps, batch, directions * hidden] });
  const loss = (x: Values, parameters: Direction[], gradOutput: Values) =>
    lstm(x, parameters, one).mul(gradOutput).sum();
  const backward = jit(grad(loss, { argnums: [0, 1] }));
  let ofInput = new Float32Array();
  let ofParameters: Gradients[] = [];
  return {
    run() {
      const [input, directions] = backward(x.ref, tree.ref(parameters), gradOutput.ref);
      ofInput = read(input);
      ofParameters = directions.map(({ weight, bias }) => ({ weight: read(weight), bias: read(bias) }));
    },
    results: async () => ({ input: ofInput, ...torchGradients(ofParameters, one) }),
    dispose() {
      tree.dispose([x, parameters, gradOutput]);
      backward.dispose();
    },
  };
}

function inputOf({ inputs, batch, steps }: Case, data: Data): Values {
  return np.array(data.input, { shape: [steps, batch, inputs] });
}

/** Layer after layer, in each one direction after the other. */
function parametersOfAll({ layers, directions }: Case, data: Data): Direction[] {
  return Array.from({ length: layers * directions }, (_, at) =>
    directionOf(data, Math.floor(at / directions), at % directions),
  );
}

function directionOf({ weights }: Data, layer: number, direction: number): Direction {
  const { weightIh, weightHh, biasIh, biasHh } = parametersOf(weights, layer, direction);
  const rows = biasIh.length;
  const of = (values: Float32Array) =>
    np.array(values as Float32Array<ArrayBuffer>, { shape: [rows, values.length / rows] });
  return {
    weight: np.concatenate([of(weightIh), of(weightHh)], 1),
    bias: np.array(biasIh.map((value, row) => value + (biasHh[row] as number)) as Float32Array<ArrayBuffer>),
  };
}

/** Of each direction, as in `Direction`. */
type Gradients = Readonly<Record<keyof Direction, Float32Array>>;

function torchGradients(gradients: readonly Gradients[], { directions, hidden }: Case) {
  const result: Record<string, Float32Array> = {};
  gradients.forEach(({ weight, bias }, at) => {
    const name = (parameter: string) => nameOf(parameter, Math.floor(at / directions), at % directions);
    const rows = 4 * hidden;
    const row = weight.length / rows;
    const columns = (from: number, to: number) => {
      const values = new Float32Array(rows * (to - from));
      for (let r = 0; r < rows; r++) values.set(weight.subarray(r * row + from, r * row + to), r * (to - from));
      return values;
    };
    result[name("weight_ih")] = columns(0, row - hidden);
    result[name("weight_hh")] = columns(row - hidden, row);
    result[name("bias_ih")] = bias;
    result[name("bias_hh")] = bias;
  });
  return result;
}

function read(values: Values): Float32Array<ArrayBuffer> {
  return values.dataSync() as Float32Array<ArrayBuffer>;
}
