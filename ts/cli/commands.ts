/** The commands and their options. */
import type { Command, Option } from "./command.js";

const LAYER: Option = { name: "layer", value: "NAME", help: "which layer, of those that inspect lists" };
const PREFIX: Option = { name: "prefix", value: "P", help: "which layer of a state dict: how its names begin" };
const KEY: Option = { name: "key", value: "NAME", help: "which entry of a .pt file of several models" };
const BATCH_FIRST: Option = { name: "batch-first", help: "a state dict's module has batch_first=True" };
const NONLINEARITY: Option = {
  name: "nonlinearity",
  value: "NAME",
  help: "tanh or relu, of an RNN in a state dict (tanh)",
  choices: ["tanh", "relu"],
};

const KINDS = `FILE is safetensors, .pt or .pth of torch.save, .onnx, .keras, .h5 or .hdf5,
model.json of TensorFlow.js with its shards beside it, JSON of an audio plug-in,
.nam, .npz, .npy, or a state dict in JSON. Its first bytes tell which; its name
where they do not.`;

export const COMMANDS: readonly Command[] = [
  {
    name: "inspect",
    summary: "Tells what a model file holds.",
    positionals: ["FILE"],
    options: [{ name: "json", help: "one JSON object, for programs" }, KEY],
    details: `${KINDS}

The exit code is 1 for a file that cannot be read, and the reason is told.

  lstm-wasm inspect model.safetensors
  lstm-wasm inspect model.onnx --json | jq '.layers[].name'`,
    run: async (args) => (await import("./inspect.js")).inspect(args),
  },
  {
    name: "convert",
    summary: "Converts a model file: every parameter keeps its bits, unless you ask.",
    positionals: ["IN", "OUT"],
    options: [
      LAYER,
      PREFIX,
      KEY,
      { name: "dtype", value: "TYPE", help: "F32, F16 or BF16, in safetensors (F32)", choices: ["F32", "F16", "BF16"] },
      {
        name: "weights",
        value: "KIND",
        help: "int8 or int16, in safetensors: for inference",
        choices: ["int8", "int16"],
      },
      { name: "calibrate", value: "FILE", help: "samples of the layer's input, for --weights int8" },
      { name: "input", short: "i", value: "FILE", help: "what --weights measures its error on (random numbers)" },
      BATCH_FIRST,
      NONLINEARITY,
    ],
    details: `IN is any file that inspect reads. OUT ends in .safetensors, .npz, .json (nested
arrays by name) or .onnx (one LSTM, GRU or RNN). PyTorch reads safetensors.

Without --layer or --prefix all parameters are written.

--weights rounds those of recurrent layers to integers, and tells the largest
error that this makes. With --calibrate each makes up for what the rounding of
others changed; its FILE is what run --input reads, and errors are measured on
it, unless --input has other data.

  lstm-wasm convert checkpoint.pt model.safetensors --dtype F16
  lstm-wasm convert checkpoint.pt small.safetensors --weights int8
  lstm-wasm convert m.onnx small.safetensors --weights int8 --calibrate in.npy
  lstm-wasm convert model.keras lstm.onnx --layer lstm`,
    run: async (args) => (await import("./convert.js")).convert(args),
  },
  {
    name: "run",
    summary: "Runs an LSTM, GRU or RNN of a model file over a sequence.",
    positionals: ["MODEL"],
    options: [
      { name: "input", short: "i", value: "FILE", help: ".npy, CSV or JSON; - is standard input (-)" },
      { name: "output", short: "o", value: "FILE", help: "ends in .npy, .csv or .json; - is standard output (-)" },
      {
        name: "format",
        value: "NAME",
        help: "npy, csv or json, where the name does not tell (csv)",
        choices: ["npy", "csv", "json"],
      },
      LAYER,
      PREFIX,
      KEY,
      BATCH_FIRST,
      NONLINEARITY,
    ],
    details: `The input has one row of numbers for each step. .npy and JSON may have a batch:
(steps, batch, values), or (batch, steps, values) where the layer is
batch-first. A sequence of any length takes little memory, but for bidirectional
layers and those that read from the end, which need all of it.

Only the layer runs, and nothing of the model around it, such as an embedding
or a Keras model's mask.

  lstm-wasm run model.safetensors --prefix lstm. --input in.npy --output out.npy
  sensor | lstm-wasm run model.onnx | head -3`,
    run: async (args) => (await import("./run.js")).runModel(args),
  },
  {
    name: "bench",
    summary: "Times this machine, against an LSTM in plain JavaScript.",
    positionals: [],
    options: [{ name: "json", help: "one JSON object, for programs" }],
    details: `It takes some seconds. The outputs of both are compared before anything is
timed. ×8 says that plain JavaScript takes 8 times as long.`,
    run: async (args) => (await import("./bench.js")).bench(args),
  },
];
