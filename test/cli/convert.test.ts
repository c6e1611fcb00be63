/** `lstm-wasm convert`: every kind of file, and what of it is kept. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GRU, LSTM, LSTMCell, RNN, Tensor } from "lstm-wasm";
import { load as loadAudio } from "lstm-wasm/audio";
import { load as loadKeras } from "lstm-wasm/keras";
import { loadNpy, loadNpz, saveNpy, saveNpz } from "lstm-wasm/npy";
import { load as loadOnnx, save as saveOnnx } from "lstm-wasm/onnx";
import { load as loadTorch } from "lstm-wasm/pytorch";
import { load, loadMetadata, save } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { bytesOf, dict, fixture, fixtures, gru, nam, useModelFiles } from "./model-files.js";

const files = useModelFiles();
const { path, inspect } = files;

describe("convert", { timeout: 60_000 }, () => {
  async function convert(...args: string[]): Promise<string> {
    const { stdout, stderr, code } = await files.command.run(["convert", ...args]);
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
    expect(await files.command.complaint(["convert", "m.safetensors", "part.onnx"], 2)).toContain("several layers");
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
    expect((await files.command.run(["inspect", "narrow.safetensors"])).stdout).toMatch(
      new RegExp(`decoder\\. .* ${weights} `),
    );

    writeFileSync(path("in.npy"), saveNpy(x));
    await files.command.run(["run", "narrow.safetensors", "--prefix", "decoder.", "-i", "in.npy", "-o", "out.npy"]);
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
    expect(await files.command.complaint(["convert", ...args], code)).toContain(message);
    expect(readdirSync(files.command.folder).filter((name) => /^x\.|partial/.test(name))).toEqual([]);
  });
});
