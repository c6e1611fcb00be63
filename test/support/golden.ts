import { readFileSync } from "node:fs";
import { GRU, LSTM, PackedSequence, packPaddedSequence, padPackedSequence, RNN, Tensor } from "lstm-wasm";
import { type QuantizeOptions, quantize } from "lstm-wasm/nn";
import { load, loadMetadata } from "lstm-wasm/safetensors";
import { expect } from "vitest";
import { backward, backwardCell, type Cell, cellOf, forward, forwardCell, type Stack } from "./cells.js";
import type { Mode } from "./reference.js";

// Random, long and wide configurations in float64 by PyTorch; generate.py and gru_rnn.py in that folder tell the format.
const files = ["lstm", "gru_rnn"].map((name) =>
  readFileSync(new URL(`../fixtures/golden/${name}.safetensors`, import.meta.url)),
);
const tensors: Record<string, Tensor> = Object.assign({}, ...files.map((file) => load(file)));

export const cases: Case[] = files.flatMap((file) => JSON.parse(loadMetadata(file).cases as string));

export interface Case {
  name: string;
  /** The class in torch.nn; `"LSTM"` if left out. */
  cell?: "GRU" | "RNN" | "GRUCell" | "RNNCell";
  /** Of an RNN and an RNNCell. */
  nonlinearity?: "tanh" | "relu";
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  bias: boolean;
  batchFirst: boolean;
  bidirectional: boolean;
  projSize: number;
  batch: number | null;
  seqLen: number;
  state: boolean;
  lengths: number[] | null;
}

/** The tensors of a case by name. */
export function tensorsOf({ name }: Case): (what: string) => Tensor {
  return (what) => tensors[`${name}/${what}`] as Tensor;
}

/** A case ready to run. Results and gradients have the names that they have in the golden file. */
export interface Ready {
  run(): Record<string, Tensor>;
  /** The gradients of sum(output * r) + sum(hn * r) + sum(cn * r), for the golden file's r. */
  gradients(): Record<string, Tensor>;
}

export function loadCase(golden: Case, checkpointEvery = 0, weights?: QuantizeOptions["weights"]): Ready {
  return golden.cell?.endsWith("Cell") ? loadCell(golden, weights) : loadStack(golden, checkpointEvery, weights);
}

const LAST = ["hn", "cn"];

/** Of the tensors of these names those that the case has. */
const found = (golden: Case, ...names: string[]) =>
  names.map((name) => tensorsOf(golden)(name)).filter((tensor) => tensor !== undefined);

const named = (names: readonly string[], values: readonly Tensor[]) =>
  Object.fromEntries(values.map((value, i) => [names[i], value]));

function loadStack(golden: Case, checkpointEvery: number, weights?: QuantizeOptions["weights"]): Ready {
  const { lengths, state, batchFirst, seqLen } = golden;
  const stack = stackFrom(golden, checkpointEvery, weights);
  const tensor = tensorsOf(golden);
  const pack = (padded: Tensor) =>
    lengths === null ? padded : packPaddedSequence(padded, lengths, { batchFirst, enforceSorted: false });
  const unpack = (rows: Tensor | PackedSequence) =>
    rows instanceof PackedSequence ? padPackedSequence(rows, { batchFirst, totalLength: seqLen })[0] : rows;
  const first = state ? found(golden, "h0", "c0") : undefined;
  return {
    run() {
      const [output, last] = forward(stack, pack(tensor("input")), first);
      stack.dispose();
      return { output: unpack(output), ...named(LAST, last) };
    },
    gradients() {
      stack.train();
      forward(stack, pack(tensor("input")), first);
      const [input, ends] = backward(stack, pack(tensor("output.r")), found(golden, "hn.r", "cn.r"));
      const results = { "grad.input": unpack(input), ...(state && named(["grad.h0", "grad.c0"], ends)) };
      return finish(stack, results);
    },
  };
}

/** The layers of a case, made from its weights: every size must be read off them. */
function stackFrom(golden: Case, checkpointEvery: number, weights?: QuantizeOptions["weights"]): Stack {
  const { name, cell, nonlinearity, inputSize, hiddenSize, numLayers, bias, bidirectional, projSize } = golden;
  const options = { prefix: `${name}/param.`, batchFirst: golden.batchFirst, checkpointEvery, weights };
  const sizes = { inputSize, hiddenSize, numLayers, bias, bidirectional };
  if (cell === "RNN") return expectSizes(RNN.fromStateDict(tensors, { ...options, nonlinearity }), sizes);
  if (cell === "GRU") return expectSizes(GRU.fromStateDict(tensors, options), sizes);
  return expectSizes(LSTM.fromStateDict(tensors, options), { ...sizes, projSize });
}

function expectSizes<T extends Stack>(stack: T, sizes: Partial<Case>): T {
  expect(stack).toMatchObject(sizes);
  return stack;
}

function loadCell(golden: Case, weights?: QuantizeOptions["weights"]): Ready {
  const { name, cell: kind, nonlinearity, inputSize, hiddenSize, bias, state } = golden;
  const mode: Mode = kind === "GRUCell" ? "GRU" : nonlinearity === "tanh" ? "RNN_TANH" : "RNN_RELU";
  const float = cellOf({ mode, inputSize, hiddenSize, bias });
  float.loadStateDict(tensors, { prefix: `${name}/param.` });
  const cell = weights === undefined ? float : quantize(float, { weights });
  const input = tensorsOf(golden)("input");
  const first = state ? found(golden, "h0") : undefined;
  return {
    run() {
      const last = forwardCell(cell, input, first);
      cell.dispose();
      return named(LAST, last);
    },
    gradients() {
      cell.train();
      forwardCell(cell, input, first);
      const [grad, ends] = backwardCell(cell, found(golden, "hn.r"));
      return finish(cell, { "grad.input": grad, ...(state && named(["grad.h0"], ends)) });
    },
  };
}
/** These gradients and those of all parameters; the module is not needed any more. */
function finish(module: Stack | Cell, gradients: Record<string, Tensor>): Record<string, Tensor> {
  const parameters = module.namedParameters().map(([name, { grad, shape }]) => {
    return [`grad.param.${name}`, new Tensor((grad as Float32Array).slice(), shape)];
  });
  module.dispose();
  return { ...gradients, ...Object.fromEntries(parameters) };
}

export function largestError(actual: Tensor, expected: Tensor): number {
  return actual.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected.data[i] as number))), 0);
}
