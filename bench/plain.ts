/** "plain JS": an LSTM in typed arrays, as well tuned as we could; what WebAssembly has to beat to be worth it. */
import type { Case } from "./cases.js";
import type { Contestant, Data, Runner } from "./contestant.js";
import { Stack } from "./plain/stack.js";
import { Stepper } from "./plain/stepper.js";

export const plain: Contestant = {
  name: "plain JS",
  supports: ({ cell }) => cell === "LSTM", // as well tuned a GRU would be another 600 lines
  prepare: async (one, data) => (one.kind === "step" ? step(data) : sequence(one, data)),
};

/** The same with new arrays for each result, as ours has them without `out`. */
export const plainNoOut: Contestant = {
  name: "plain JS, no out",
  supports: ({ cell, kind }) => cell === "LSTM" && kind === "forward",
  async prepare(one, { weights, input }) {
    const stack = new Stack(one, weights);
    let [output, state] = [stack.output, stack.state()];
    return {
      run() {
        stack.forward(input);
        [output, state] = [stack.output.slice(), stack.state()];
      },
      results: async () => ({ output, hn: state[0], cn: state[1] }),
      dispose() {},
    };
  },
};

function step({ weights, input }: Data): Runner {
  const stepper = new Stepper(weights);
  return {
    run: () => stepper.step(input),
    results: async () => ({ h: stepper.h.slice() }),
    reset: () => stepper.reset(),
    dispose() {},
  };
}

function sequence(one: Case, { weights, input, gradOutput }: Data): Runner {
  const stack = new Stack(one, weights);
  if (one.kind === "forward")
    return { run: () => stack.forward(input), results: async () => ({ output: stack.output.slice() }), dispose() {} };
  return {
    run() {
      stack.forward(input);
      stack.backward(gradOutput);
    },
    results: async () => ({ ...stack.gradients(), input: stack.inputGradient.slice() }),
    dispose() {},
  };
}
