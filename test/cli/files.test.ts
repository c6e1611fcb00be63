/** `lstm-wasm inspect` and `convert`: every kind of file, and what of it is kept. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GRU, LSTM, LSTMCell, RNN, Tensor } from "lstm-wasm";
import { load as loadAudio } from "lstm-wasm/audio";
import { load as loadKeras } from "lstm-wasm/keras";
import { loadNpy, loadNpz, saveNpy, saveNpz } from "lstm-wasm/npy";
import { load as loadOnnx, save as saveOnnx } from "lstm-wasm/onnx";
import { load as loadTorch } from "lstm-wasm/pytorch";
import { load, loadMetadata, save } from "lstm-wasm/safetensors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Command } from "./command.js";

const fixtures = join(import.meta.dirname, "../fixtures");
const fixture = (name: string) => join(fixtures, name);
const bytesOf = (name: string) => readFileSync(fixture(name));

const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2, bidirectional: true, projSize: 2, seed: 1 });
const gru = new GRU({ inputSize: 2, hiddenSize: 3, bias: false, seed: 2 });
const dict = {
  ...lstm.stateDict({ prefix: "encoder.rnn." }),
  ...gru.stateDict({ prefix: "decoder." }),
  // Values that JSON has no numbers for, shapes that nested arrays do not tell.
  odd: new Tensor([-0, Number.POSITIVE_INFINITY, 1e-45, 0.1]),
  empty: Tensor.zeros([0, 3]),
  scalar: new Tensor(Float32Array.of(7), []),
};
const nam = JSON.stringify({
  architecture: "LSTM",
  config: { input_size: 1, hidden_size: 2, num_layers: 1 },
  weights: Array.from({ length: 39 }, (_, i) => Math.sin(i)),
  sample_rate: 48000,
});

let command: Command;
const path = (name: string) => join(command.folder, name);

beforeAll(async () => {
  command = await Command.install();
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
}, 121_000);
afterAll(() => command.close());

interface Report {
  readonly format: string;
  readonly layers: { name: string; kind: string; cell: boolean; options: { weights?: string }; parameters: number }[];
  readonly refused: { name: string; why: string }[];
  readonly tensors: { name: string; shape: number[]; dtype?: string }[];
  readonly skipped: string[];
  readonly notes: string[];
  readonly lost?: string;
}

async function inspect(file: string, ...more: string[]): Promise<Report> {
  const { stdout, stderr, code } = await command.run(["inspect", file, "--json", ...more]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout);
}

describe("inspect", { timeout: 60_000 }, () => {
  it("tells layers, options and sizes of a state dict", async () => {
    const report = await inspect("m.safetensors");
    const parameters = (module: LSTM | GRU) => module.parameters().reduce((sum, { data }) => sum + data.length, 0);
    expect(report).toMatchObject({ format: "safetensors", refused: [], skipped: [] });
    expect(report.layers).toMatchObject([
      {
        name: "decoder.",
        kind: "GRU",
        options: { inputSize: 2, hiddenSize: 3, numLayers: 1, bias: false, bidirectional: false },
        parameters: parameters(gru),
      },
      {
        name: "encoder.rnn.",
        kind: "LSTM",
        options: { inputSize: 3, hiddenSize: 4, numLayers: 2, bias: true, bidirectional: true, projSize: 2 },
        parameters: parameters(lstm),
      },
    ]);
    expect(report.tensors).toHaveLength(Object.keys(dict).length);
    expect(report.tensors).toContainEqual({ name: "empty", shape: [0, 3], dtype: "F32" });
  });

  it("prints that as tables for people", async () => {
    const { stdout, stderr } = await command.run(["inspect", "m.safetensors"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^m\.safetensors: safetensors, .* kB, .* tensors of .* numbers$/m);
    expect(stdout).toMatch(/^decoder\. +GRU +2 +3 +1 +no bias +45$/m);
    expect(stdout).toMatch(/^encoder\.rnn\. +LSTM +3 +4 +2 +bidirectional, projection to 2 +[\d,]+$/m);
    expect(stdout).toMatch(/^empty +\[0, 3\] +F32$/m);
  });

  it.each([
    ["pytorch/checkpoint.pt", "PyTorch (torch.save)", "lstm.", "LSTM"],
    ["pytorch/policy.zip", "PyTorch (torch.save)", "", "LSTM"],
    ["pytorch/lightning.ckpt", "PyTorch (torch.save)", "model.", "LSTM"],
    ["onnx/torch-GRU-2-both.onnx", "ONNX", undefined, "GRU"],
    ["onnx/external.onnx", "ONNX", undefined, "LSTM"], // with weights in a file beside it
    ["keras/words.keras", "Keras", "bidirectional_3", "LSTM"],
    ["keras/rnn.h5", "Keras (HDF5)", "simple_rnn", "RNN"],
    ["keras/rnn.keras2.hdf5", "Keras (HDF5)", "simple_rnn", "RNN"],
  ])("reads %s", async (file, format, name, kind) => {
    const report = await inspect(fixture(file));
    expect(report.format).toBe(format);
    if (name !== undefined) expect(report.layers[0]?.name).toBe(name);
    expect(report.layers[0]?.kind).toBe(kind);
  });

  it("reads what else there is", async () => {
    expect((await inspect("amp.nam")).notes).toContain("it was made for 48000 Hz");
    expect(await inspect("model.json")).toMatchObject({ format: "TensorFlow.js", layers: [{}, {}] });
    expect(await inspect("one.npy")).toMatchObject({ format: "NumPy .npy", layers: [], tensors: [{ shape: [2] }] });
    expect((await inspect("some.npz")).layers).toMatchObject([{ name: "g.", kind: "GRU" }]);
    expect((await inspect("cell.safetensors")).layers).toMatchObject([{ name: "", kind: "GRU", cell: true }]);
    const encoder = await inspect(fixture("pytorch/several.pt"), "--key", "encoder");
    expect(encoder.notes).toContain("the state dict lies under encoder");
    expect((await inspect(fixture("pytorch/checkpoint.pt"))).skipped[0]).toMatch(/^norm\.num_batches_tracked is no/);
  });

  it("goes by the bytes of a file, not by its name", async () => {
    writeFileSync(path("wrong.onnx"), bytesOf("pytorch/checkpoint.pt"));
    expect((await inspect("wrong.onnx")).format).toBe("PyTorch (torch.save)");
    writeFileSync(path("bare"), bytesOf("onnx/saved-LSTM.onnx"));
    expect((await inspect("bare")).format).toBe("ONNX");
  });

  it.each([
    ["a pickle", 0x80],
    ["a zip archive", 0x4b50],
  ])("reads safetensors whose header has a length that begins like %s", async (_, length) => {
    const tensors = gru.stateDict();
    const header = (filler: number) => save(tensors, { filler: "-".repeat(filler) });
    const lengthOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint16(0, true);
    const mask = length < 256 ? 0xff : 0xffff;
    const filler = (length - lengthOf(header(0))) & mask;
    const bytes = header(filler);
    expect(lengthOf(bytes) & mask).toBe(length);
    writeFileSync(path("length.safetensors"), bytes);
    expect((await inspect("length.safetensors")).format).toBe("safetensors");
  });

  it("tells of a layer that does not fit, beside those that do", async () => {
    const { weight_hh_l0: _, ...others } = lstm.stateDict();
    const broken = { ...others, weight_hh_l0: Tensor.zeros([16, 3]) };
    const named = Object.entries(broken).map(([name, tensor]) => [`broken.${name}`, tensor]);
    writeFileSync(path("broken.safetensors"), save({ ...Object.fromEntries(named), ...gru.stateDict() }));
    const report = await inspect("broken.safetensors");
    expect(report.layers).toMatchObject([{ name: "", kind: "GRU" }]);
    expect(report.refused).toMatchObject([
      { name: "broken.", why: expect.stringContaining("size mismatch for weight_hh_l0") },
    ]);
    const { stdout } = await command.run(["inspect", "broken.safetensors"]);
    expect(stdout).toMatch(/^- not supported: broken\.: /m);
    expect(await command.complaint(["run", "broken.safetensors", "--layer", "broken"], 1)).toContain("broken.: ");
  });

  it("lets no escape codes of a file through", async () => {
    writeFileSync(path("\u001b[31mred.safetensors"), save({ "\u001b[2J": Tensor.zeros([1]) }));
    const { stdout } = await command.run(["inspect", "\u001b[31mred.safetensors"]);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("�[2J");
    expect(await command.complaint(["inspect", "\u001b[31mno"], 1)).not.toContain("\u001b");
  });

  it("keeps to itself what the HDF5 library prints of a damaged file", async () => {
    const bytes = bytesOf("keras/rnn.h5");
    bytes[bytes.indexOf("keras_version") + 16] = 0; // the attribute's type
    writeFileSync(path("damaged.h5"), bytes);
    expect((await inspect("damaged.h5")).layers).toHaveLength(2);
  });

  const refusals: [file: string, reason: string][] = [
    ...readdirSync(fixture("onnx"))
      .filter((name) => name.startsWith("refused-") && name.endsWith(".onnx"))
      .map((name): [string, string] => [`onnx/${name}`, ""]),
    ["onnx/decomposed.onnx", "the model has no LSTM, GRU or RNN node"],
    ["keras/before.keras", "reset_after=False"],
    ["keras/hard.keras", "hard_sigmoid"],
    ["pytorch/script.pt", "This is TorchScript"],
    ["pytorch/old.pt", "This file is from before PyTorch 1.6"],
    ["pytorch/whole.pt", "a whole __main__.Tagger"],
    ["pytorch/several.pt", 'The file has several state dicts: "encoder", "decoder"'],
  ];
  it("says in one line why a file is refused, in JSON too", async () => {
    expect(refusals.length).toBeGreaterThan(15);
    for (const [file, reason] of refusals) {
      const message = await command.complaint(["inspect", fixture(file)], 1);
      expect(message.startsWith(`${fixture(file)}: `), message).toBe(true);
      expect(message).toContain(reason);
      expect(message.length).toBeGreaterThan(fixture(file).length + 20);
    }
    const [file = ""] = refusals.map(([name]) => fixture(name));
    const { stdout, code } = await command.run(["inspect", file, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ file, error: { code: "FILE", message: expect.any(String) } });
  });

  it.each<[string, string | Uint8Array, string]>([
    ["empty.pt", "", "empty.pt: the file is empty"],
    [
      "notes.txt",
      "only words",
      "notes.txt: neither its first bytes nor its name tell a kind of model file that is read (.saf",
    ],
    ["notes.gz", Uint8Array.of(0x1f, 0x8b, 8, 0), ".aidax). It looks like gzip data; unpack it first"],
    ["page.safetensors", "<html>", "page.safetensors: "],
    ["lfs.onnx", "version https://git-lfs.github.com/spec/v1\n", "lfs.onnx: "],
    ["bad.json", "{", "bad.json: not valid JSON: "],
    ["list.json", "[1]", "list.json: JSON of a model is an object"],
    ["text.json", '{"a":"b"}', 'text.json: "a": expected numbers in nested arrays, or { shape, data }'],
    [
      "away.json",
      JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ["../x"] }] }),
      'away.json: "../x" is no',
    ],
    [
      "alone.json",
      JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ["gone.bin"] }] }),
      "gone.bin: no such",
    ],
  ])("says what is wrong with %s", async (name, data, message) => {
    writeFileSync(path(name), data);
    expect(await command.complaint(["inspect", name], 1)).toContain(message);
  });
});

describe("convert", { timeout: 60_000 }, () => {
  async function convert(...args: string[]): Promise<string> {
    const { stdout, stderr, code } = await command.run(["convert", ...args]);
    expect({ stdout, code }, stderr).toEqual({ stdout: "", code: 0 });
    return stderr;
  }
  const sorted = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.entries(tensors)
      .map(([name, { shape, data }]) => [name, shape, Buffer.from(data.buffer, data.byteOffset, data.byteLength)])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));

  it("keeps every bit through .npz, .json and safetensors", async () => {
    expect(await convert("m.safetensors", "1.npz")).toBe("");
    expect(sorted(await loadNpz(readFileSync(path("1.npz"))))).toEqual(sorted(dict));
    await convert("1.npz", "2.json");
    await convert("2.json", "3.safetensors");
    expect(sorted(load(readFileSync(path("3.safetensors"))))).toEqual(sorted(dict));
    await convert("m.safetensors", "4.safetensors");
    const copy = readFileSync(path("4.safetensors"));
    expect(sorted(load(copy))).toEqual(sorted(dict));
    expect(loadMetadata(copy)).toEqual({ author: "someone", format: "pt" });
  });

  it("keeps every bit through ONNX", async () => {
    const rnn = new RNN({
      inputSize: 3,
      hiddenSize: 4,
      numLayers: 2,
      bidirectional: true,
      nonlinearity: "relu",
      seed: 5,
    });
    const first = new LSTM({ inputSize: 3, hiddenSize: 4, batchFirst: true, seed: 6 });
    writeFileSync(path("rnn.safetensors"), save(rnn.stateDict({ prefix: "r." })));
    await convert("rnn.safetensors", "rnn.onnx", "--nonlinearity", "relu");
    expect(readFileSync(path("rnn.onnx")).equals(saveOnnx(rnn))).toBe(true);
    await convert("rnn.onnx", "rnn.npz");
    expect(sorted(await loadNpz(readFileSync(path("rnn.npz"))))).toEqual(sorted(rnn.stateDict()));
    writeFileSync(path("first.npz"), await saveNpz(first.stateDict()));
    await convert("first.npz", "first.onnx", "--batch-first");
    expect(readFileSync(path("first.onnx")).equals(saveOnnx(first))).toBe(true);
  });

  it("takes one layer out of many", async () => {
    for (const option of ["--prefix", "--layer"]) {
      await convert("m.safetensors", "part.safetensors", option, "decoder.");
      expect(sorted(load(readFileSync(path("part.safetensors"))))).toEqual(sorted(gru.stateDict()));
    }
    expect(await command.complaint(["convert", "m.safetensors", "part.onnx"], 2)).toContain("several layers");
    await convert("m.safetensors", "part.onnx", "--prefix", "decoder");
    expect(sorted(loadOnnx(readFileSync(path("part.onnx"))).layers[0]?.stateDict ?? {})).toEqual(
      sorted(gru.stateDict()),
    );
  });

  it("says which tensors .onnx leaves out, since they are no floats or it holds one layer", async () => {
    expect(await convert(fixture("pytorch/checkpoint.pt"), "checkpoint.onnx")).toMatch(
      /^lstm-wasm: left out: norm\.num_batches_tracked is no tensor of .*\n.* holds one layer: embedding\.weight, norm\.weight,.*\n$/,
    );
    writeFileSync(path("tagger.safetensors"), save({ ...gru.stateDict(), "head.weight": Tensor.zeros([2, 4]) }));
    expect(await convert("tagger.safetensors", "tagger.onnx")).toBe(
      "lstm-wasm: left out, since .onnx holds one layer: head.weight\n",
    );
    writeFileSync(path("cell.safetensors"), save(new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 1 }).stateDict()));
    expect(await convert("cell.safetensors", "cell.onnx")).toBe("");
  });

  it("halves a file by --dtype", async () => {
    for (const dtype of ["F16", "BF16"] as const) {
      await convert("m.safetensors", "half.safetensors", "--dtype", dtype);
      const expected = save(dict, { author: "someone", format: "pt" }, { dtype });
      expect(sorted(load(readFileSync(path("half.safetensors"))))).toEqual(sorted(load(expected)));
      expect((await inspect("half.safetensors")).tensors[0]?.dtype).toBe(dtype);
    }
  });

  it.each(["int8", "int16"] as const)("makes %s weights, tells the error, and they run", async (weights) => {
    const told = await convert("m.safetensors", "narrow.safetensors", "--weights", weights);
    const [, error] =
      new RegExp(`decoder\\.: ${weights} weights change the output by at most (\\S+) \\(1000 steps`).exec(told) ?? [];
    const narrow = GRU.fromStateDict(gru.stateDict(), { weights });
    const x = Tensor.randn([1000, 2], { seed: 0 });
    const [[exact], [output]] = [gru.forward(x), narrow.forward(x)];
    const largest = Math.max(...output.data.map((value, at) => Math.abs(value - (exact.data[at] as number))));
    expect(Number(error)).toBe(Number(largest.toPrecision(2)));
    expect(largest).toBeGreaterThan(0);

    const written = load(readFileSync(path("narrow.safetensors")));
    expect(Object.keys(written).sort()).toEqual(Object.keys(dict).sort());
    const decoder = Object.fromEntries(Object.entries(written).filter(([name]) => name.startsWith("decoder.")));
    expect([...save(decoder)]).toEqual([...save(narrow.stateDict({ prefix: "decoder." }))]);
    const report = await inspect("narrow.safetensors");
    expect(report.layers.map(({ options }) => options.weights)).toEqual(report.layers.map(() => weights));
    expect(report.skipped).toEqual([]);
    expect((await command.run(["inspect", "narrow.safetensors"])).stdout).toMatch(
      new RegExp(`decoder\\. .* ${weights} `),
    );

    writeFileSync(path("in.npy"), saveNpy(x));
    await command.run(["run", "narrow.safetensors", "--prefix", "decoder.", "-i", "in.npy", "-o", "out.npy"]);
    expect(sorted({ out: loadNpy(readFileSync(path("out.npy"))) })).toEqual(sorted({ out: output }));
    const own = await convert(
      "m.safetensors",
      "one.safetensors",
      "--prefix",
      "decoder.",
      "--weights",
      weights,
      "-i",
      "in.npy",
    );
    expect(own).toBe(`lstm-wasm: decoder.: ${weights} weights change the output by at most ${error} (in.npy)\n`);
    expect([...readFileSync(path("one.safetensors"))]).toEqual([
      ...save(narrow.stateDict(), { author: "someone", format: "pt" }),
    ]);

    // Converted again they stay what they are, or become what is asked for.
    await convert("narrow.safetensors", "again.safetensors");
    expect([...readFileSync(path("again.safetensors"))]).toEqual([...readFileSync(path("narrow.safetensors"))]);
    await convert("narrow.safetensors", "float.safetensors", "--dtype", "F32");
    expect(load(readFileSync(path("float.safetensors")))["decoder.weight_ih_l0"]?.quantization).toBeUndefined();
  });

  it("makes integer weights of other files, too", async () => {
    await convert(fixture("keras/words.keras"), "words8.safetensors", "--weights", "int8");
    const { layers } = await inspect("words8.safetensors");
    expect(layers.length).toBeGreaterThan(0);
    for (const { options } of layers) expect(options.weights).toBe("int8");
    writeFileSync(path("cell.safetensors"), save(new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 1 }).stateDict()));
    await convert("cell.safetensors", "cell8.safetensors", "--weights", "int8");
    expect(Object.keys(load(readFileSync(path("cell8.safetensors")))).sort()).toEqual([
      "bias_hh",
      "bias_ih",
      "weight_hh",
      "weight_ih",
    ]);
  });

  it("reads .pt, and says what it leaves out", async () => {
    const told = await convert(fixture("pytorch/checkpoint.pt"), "pt.safetensors");
    expect(told).toMatch(/^lstm-wasm: left out: norm\.num_batches_tracked is no tensor of float32/);
    const expected = loadTorch(bytesOf("pytorch/checkpoint.pt"), { skipUnsupported: true });
    expect(sorted(load(readFileSync(path("pt.safetensors"))))).toEqual(sorted(expected));
  });

  it("reads Keras, TensorFlow.js and audio, by their layers' names", async () => {
    const words = await loadKeras(bytesOf("keras/words.keras"));
    await convert(fixture("keras/words.keras"), "words.safetensors");
    expect(sorted(load(readFileSync(path("words.safetensors"))))).toEqual(sorted(words.model?.stateDict() ?? {}));
    const [first] = words.layers;
    await convert(fixture("keras/words.keras"), "first.npz", "--layer", first?.name ?? "");
    expect(sorted(await loadNpz(readFileSync(path("first.npz"))))).toEqual(sorted(first?.stateDict ?? {}));
    expect(await convert(fixture("keras/branches.keras"), "b.npz")).toMatch(
      /only its recurrent layers are taken: layer "/,
    );
    await convert("model.json", "tfjs.npz");
    expect(Object.keys(await loadNpz(readFileSync(path("tfjs.npz"))))).toContain("lstm_LSTM1.weight_ih_l0");
    await convert("amp.nam", "amp.json");
    const parts = loadAudio(nam).layers.map(({ name, stateDict }) =>
      Object.entries(stateDict).map(([part, tensor]) => [`${name}.${part}`, tensor]),
    );
    await convert("amp.json", "amp.safetensors");
    expect(sorted(load(readFileSync(path("amp.safetensors"))))).toEqual(sorted(Object.fromEntries(parts.flat())));
  });

  it.each<[string[], 1 | 2, string]>([
    [["m.safetensors", "x.pt"], 2, "OUT must end in .safetensors, .npz, .json or .onnx, got x.pt (PyTorch reads"],
    [["m.safetensors", "x"], 2, "OUT must end in"],
    [["m.safetensors", "x.npz", "--dtype", "F16"], 2, "--dtype is for .safetensors, got x.npz"],
    [["m.safetensors", "x.safetensors", "--dtype", "f8"], 2, "--dtype must be F32, F16 or BF16, got f8"],
    [["m.safetensors", "x.npz", "--weights", "int8"], 2, "--weights is for .safetensors, got x.npz"],
    [["m.safetensors", "x.safetensors", "--weights", "int4"], 2, "--weights must be int8 or int16, got int4"],
    [
      ["m.safetensors", "x.safetensors", "--weights", "int8", "--dtype", "F16"],
      2,
      "give --dtype or --weights, not both",
    ],
    [["m.safetensors", "x.safetensors", "-i", "one.npy"], 2, "--input is for --weights"],
    [["m.safetensors", "x.safetensors", "--weights", "int8", "-i", "one.npy"], 2, "--input is for one layer"],
    [["one.npy", "x.safetensors", "--weights", "int8"], 1, "it has no LSTM, GRU or RNN whose weights become integers"],
    [["m.safetensors", "x.onnx", "--prefix", "encoder.rnn"], 1, "x.onnx: "], // a projection
    [["m.safetensors", "no/x.npz"], 1, "no/x.npz: no such folder"],
    [["one.npy", "x.onnx"], 1, "one.npy: it has no LSTM, GRU or RNN (NumPy .npy)"],
    [[join(fixtures, "onnx/hand-LSTM-reverse.onnx"), "x.onnx"], 1, "reads each sequence from its end"],
    [[join(fixtures, "keras/words.keras"), "x.npz", "--prefix", "a"], 2, "--prefix is for state dicts, and"],
  ])("%j ends with %i and one line", async (args, code, message) => {
    expect(await command.complaint(["convert", ...args], code)).toContain(message);
    expect(readdirSync(command.folder).filter((name) => /^x\.|partial/.test(name))).toEqual([]);
  });
});
