/** The model files that the tests of `inspect` and `convert` read, in the folder where the command runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GRU, LSTM, Tensor } from "lstm-wasm";
import { saveNpy, saveNpz } from "lstm-wasm/npy";
import { save } from "lstm-wasm/safetensors";
import { afterAll, beforeAll, expect } from "vitest";
import { Command } from "./command.js";

export const fixtures = join(import.meta.dirname, "../fixtures");
export const fixture = (name: string) => join(fixtures, name);
export const bytesOf = (name: string) => readFileSync(fixture(name));

export const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2, bidirectional: true, projSize: 2, seed: 1 });
export const gru = new GRU({ inputSize: 2, hiddenSize: 3, bias: false, seed: 2 });
export const dict = {
  ...lstm.stateDict({ prefix: "encoder.rnn." }),
  ...gru.stateDict({ prefix: "decoder." }),
  // Values that JSON has no numbers for, shapes that nested arrays do not tell.
  odd: new Tensor([-0, Number.POSITIVE_INFINITY, 1e-45, 0.1]),
  empty: Tensor.zeros([0, 3]),
  scalar: new Tensor(Float32Array.of(7), []),
};
export const nam = JSON.stringify({
  architecture: "LSTM",
  config: { input_size: 1, hidden_size: 2, num_layers: 1 },
  weights: Array.from({ length: 39 }, (_, i) => Math.sin(i)),
  sample_rate: 48000,
});

/** What `inspect --json` prints. */
interface Report {
  readonly format: string;
  readonly layers: { name: string; kind: string; cell: boolean; options: { weights?: string }; parameters: number }[];
  readonly refused: { name: string; why: string }[];
  readonly tensors: { name: string; shape: number[]; dtype?: string }[];
  readonly skipped: string[];
  readonly notes: string[];
  readonly lost?: string;
}

/** For all tests of a file: the command, with the model files in its folder. */
export function useModelFiles() {
  let command: Command;
  beforeAll(async () => {
    command = await install();
  }, 121_000);
  afterAll(() => command.close());
  return {
    get command(): Command {
      return command;
    },
    path: (name: string) => join(command.folder, name),
    inspect: (file: string, ...more: string[]) => inspect(command, file, ...more),
  };
}

async function install(): Promise<Command> {
  const command = await Command.install();
  const path = (name: string) => join(command.folder, name);
  writeFileSync(path("m.safetensors"), save(dict, { author: "someone" }));
  writeFileSync(path("gru.safetensors"), save(gru.stateDict()));
  writeFileSync(path("amp.nam"), nam);
  writeFileSync(path("one.npy"), saveNpy([1, 2]));
  writeFileSync(path("some.npz"), await saveNpz(gru.stateDict({ prefix: "g." })));
  const { modelJson, weights } = JSON.parse(bytesOf("keras/tfjs.json").toString()).stacked;
  writeFileSync(path("model.json"), JSON.stringify(modelJson));
  writeFileSync(path(modelJson.weightsManifest[0].paths[0]), Buffer.from(weights, "base64"));
  const cell = Object.entries(gru.stateDict()).map(([name, tensor]) => [name.replace("_l0", ""), tensor]);
  writeFileSync(path("cell.safetensors"), save(Object.fromEntries(cell)));
  return command;
}

async function inspect(command: Command, file: string, ...more: string[]): Promise<Report> {
  const { stdout, stderr, code } = await command.run(["inspect", file, "--json", ...more]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout);
}
