/**
 * The golden cases on `lstm-wasm/relaxed`, in a process of its own: Node 20 needs a flag for relaxed SIMD. Prints the
 * largest errors of outputs and gradients, relative to each tensor's largest magnitude.
 */
import { readFileSync } from "node:fs";
import { LSTM, packPaddedSequence, padPackedSequence } from "../../dist/relaxed/index.js";
import { load, loadMetadata } from "../../dist/safetensors.js";

const file = readFileSync(new URL("../fixtures/golden/lstm.safetensors", import.meta.url));
const tensors = load(file);
const cases = JSON.parse(loadMetadata(file).cases);
const worst = { cases: cases.length, output: 0, gradient: 0 };

for (const { name, lengths, state, batchFirst, seqLen } of cases) {
  const tensor = (what) => tensors[`${name}/${what}`];
  const lstm = LSTM.fromStateDict(tensors, { prefix: `${name}/param.`, batchFirst }).train();
  const pack = (x) => (lengths === null ? x : packPaddedSequence(x, lengths, { batchFirst, enforceSorted: false }));
  const unpack = (x) => (lengths === null ? x : padPackedSequence(x, { batchFirst, totalLength: seqLen })[0]);

  const [output, [hn, cn]] = lstm.forward(pack(tensor("input")), state ? [tensor("h0"), tensor("c0")] : undefined);
  for (const [what, actual] of Object.entries({ output: unpack(output), hn, cn })) {
    worst.output = Math.max(worst.output, error(actual.data, tensor(what).data));
  }
  const { input } = lstm.backward(pack(tensor("output.r")), [tensor("hn.r"), tensor("cn.r")]);
  worst.gradient = Math.max(worst.gradient, error(unpack(input).data, tensor("grad.input").data));
  for (const { name: parameter, grad } of lstm.parameters()) {
    worst.gradient = Math.max(worst.gradient, error(grad, tensor(`grad.param.${parameter}`).data));
  }
  lstm.dispose();
}
console.log(JSON.stringify(worst));

function error(actual, expected) {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / (largest || 1);
}
