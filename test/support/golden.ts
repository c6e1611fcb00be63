import { readFileSync } from "node:fs";
import { LSTM, PackedSequence, packPaddedSequence, padPackedSequence, type Tensor } from "lstm-wasm";
import { load, loadMetadata } from "lstm-wasm/safetensors";
import { expect } from "vitest";

// 52 random, long and wide configurations in float64 by PyTorch; test/fixtures/golden/generate.py tells the format.
const file = readFileSync(new URL("../fixtures/golden/lstm.safetensors", import.meta.url));
const tensors = load(file);

export const cases: Case[] = JSON.parse(loadMetadata(file).cases as string);

export interface Case {
  name: string;
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

/** A case ready to run, packed where it has lengths: the LSTM, its input and state, and the way in and out of packing. */
export function loadCase(golden: Case, checkpointEvery = 0) {
  const { name, lengths, state, batchFirst, seqLen, batch: _batch, ...options } = golden;
  const tensor = tensorsOf(golden);
  const lstm = LSTM.fromStateDict(tensors, { prefix: `${name}/param.`, batchFirst, checkpointEvery });
  const { inputSize, hiddenSize, numLayers, bias, bidirectional, projSize } = lstm;
  expect({ name, inputSize, hiddenSize, numLayers, bias, bidirectional, projSize }).toEqual({ name, ...options });
  const pack = (padded: Tensor) =>
    lengths === null ? padded : packPaddedSequence(padded, lengths, { batchFirst, enforceSorted: false });
  const unpack = (rows: Tensor | PackedSequence) =>
    rows instanceof PackedSequence ? padPackedSequence(rows, { batchFirst, totalLength: seqLen })[0] : rows;
  return {
    lstm,
    // The overloads of forward and backward take one or the other; a case has either.
    input: pack(tensor("input")) as Tensor,
    state: state ? ([tensor("h0"), tensor("c0")] as const) : undefined,
    pack,
    unpack,
  };
}

export function largestError(actual: Tensor, expected: Tensor): number {
  return actual.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected.data[i] as number))), 0);
}
