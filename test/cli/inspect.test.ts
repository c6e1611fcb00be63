/** `lstm-wasm inspect`: every kind of file. */
import { readdirSync, writeFileSync } from "node:fs";
import { type GRU, type LSTM, Tensor } from "lstm-wasm";
import { save } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { bytesOf, dict, fixture, gru, lstm, useModelFiles } from "./model-files.js";

const files = useModelFiles();
const { path, inspect } = files;

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
    const { stdout, stderr } = await files.command.run(["inspect", "m.safetensors"]);
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
    const { stdout } = await files.command.run(["inspect", "broken.safetensors"]);
    expect(stdout).toMatch(/^- not supported: broken\.: /m);
    expect(await files.command.complaint(["run", "broken.safetensors", "--layer", "broken"], 1)).toContain("broken.: ");
  });

  it("lets no escape codes of a file through", async () => {
    writeFileSync(path("\u001b[31mred.safetensors"), save({ "\u001b[2J": Tensor.zeros([1]) }));
    const { stdout } = await files.command.run(["inspect", "\u001b[31mred.safetensors"]);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("�[2J");
    expect(await files.command.complaint(["inspect", "\u001b[31mno"], 1)).not.toContain("\u001b");
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
      const message = await files.command.complaint(["inspect", fixture(file)], 1);
      expect(message.startsWith(`${fixture(file)}: `), message).toBe(true);
      expect(message).toContain(reason);
      expect(message.length).toBeGreaterThan(fixture(file).length + 20);
    }
    const [file = ""] = refusals.map(([name]) => fixture(name));
    const { stdout, code } = await files.command.run(["inspect", file, "--json"]);
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
    expect(await files.command.complaint(["inspect", name], 1)).toContain(message);
  });
});
