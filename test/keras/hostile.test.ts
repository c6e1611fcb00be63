/**
 * Files made to hurt, and real ones broken at random: an LSTMError in bounded time and memory, or a model that holds together.
 * `FUZZ_SECONDS=600 npx vitest run test/keras/hostile.test.ts` goes on for ten minutes, from another seed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LSTM } from "lstm-wasm";
import { load } from "lstm-wasm/keras";
import { saveNpz } from "lstm-wasm/npy";
import { save as saveOnnx } from "lstm-wasm/onnx";
import { save } from "lstm-wasm/safetensors";
import { describe, expect, it, vi } from "vitest";
import { FUZZ_TIMEOUT, fuzz, mutated, takenBy, withoutChecksums } from "../support/mutate.js";
import { rejects } from "../support/refusal.js";

const folder = join(import.meta.dirname, "../fixtures/keras");
const refused = expect.objectContaining({ name: "LSTMError", code: "FILE" });

describe("broken HDF5 and zip files", () => {
  const names = readdirSync(folder).filter((name) => /\.(h5|keras)$/.test(name));
  const files = names.map((name) => new Uint8Array(readFileSync(join(folder, name))));

  it("mutated ones are taken for what they are or refused", { timeout: FUZZ_TIMEOUT }, async () => {
    const prototype = Object.getOwnPropertyNames(Object.prototype);
    const unchecked = files.map((file) => (file[0] === 0x50 ? withoutChecksums(file) : file));
    const outcome = (bytes: Uint8Array) =>
      takenBy(async () => {
        const { layers, model } = await load(bytes);
        for (const layer of layers) layer.create({ flipped: layer.attributes.goBackwards }).dispose();
        model?.dispose();
        return true;
      }, 3000);
    const { rounds, taken } = await fuzz(1500, (random) => mutated(random, unchecked), outcome);
    expect(taken).toBeGreaterThan(rounds / 20);
    expect(taken).toBeLessThan(rounds);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype);
  });

  it("each cut short", async () => {
    for (const bytes of files) {
      for (const part of [0.02, 0.3, 0.7]) {
        await expect(load(bytes.subarray(0, bytes.length * part))).rejects.toEqual(refused);
      }
    }
  });

  it("a bit of a weight that has changed in a .keras file", async () => {
    const bytes = Uint8Array.from(readFileSync(join(folder, "gru.keras")));
    const at = Buffer.from(bytes).indexOf("PK\x01\x02", undefined, "latin1") - 100; // in the last file, the weights
    bytes[at] = (bytes[at] as number) ^ 1;
    await rejects(load(bytes), "FILE", 'its entry "model.weights.h5"');
  });

  /** gru.h5 with an attribute of a type that HDF5 does not have. */
  const withStrange = (attribute: string) => {
    const bytes = Uint8Array.from(readFileSync(join(folder, "gru.h5")));
    const at = Buffer.from(bytes).indexOf(`${attribute}\0`) + Math.ceil((attribute.length + 1) / 8) * 8;
    bytes[at] = 0x1f; // version 1, class 15
    return bytes;
  };

  it("an attribute of an unknown type: nothing is printed, and an error says so if it is needed", async () => {
    const printed = (["log", "warn", "error"] as const).map((method) => vi.spyOn(console, method));
    const { layers } = await load(withStrange("keras_version"));
    expect(layers.map(({ kind }) => kind)).toContain("GRU");
    await rejects(load(withStrange("model_config")), "FILE", 'attribute "model_config"', "type that is not read");
    for (const method of printed) expect(method.mock.calls).toEqual([]);
    vi.restoreAllMocks();
  });
});

describe("files of other formats, told by their names", () => {
  it.each<[string, Uint8Array | Promise<Uint8Array>, string]>([
    ["safetensors", save({ a: [1] }), 'a safetensors file; load of "lstm-wasm/safetensors" reads it'],
    ["the text of a model.json", Buffer.from('{"modelTopology": {}}'), "JSON text, perhaps"],
    [".npz", saveNpz({ a: [1] }), 'loadNpz of "lstm-wasm/npy" reads it'],
    [".onnx", saveOnnx(new LSTM({ inputSize: 1, hiddenSize: 1 })), 'load of "lstm-wasm/onnx" reads it'],
  ])("%s", async (_, bytes, part) => {
    await rejects(load(await bytes), "FILE", "Not a readable Keras model", part);
  });
});

describe("a TensorFlow.js model", () => {
  const spec = (name: string, ...shape: number[]) => ({ name, shape, dtype: "float32" });
  const lstm = { class_name: "LSTM", config: { name: "a", units: 1 } };
  const model = (layers: unknown, weights: unknown[], more: object = {}) => ({
    modelTopology: { class_name: "Sequential", config: { layers }, ...more },
    weightsManifest: [{ weights }],
  });
  const dense = { class_name: "Dense", config: { name: "d" } };
  const embedding = { class_name: "Embedding", config: { name: "e" } };
  const good = [spec("a/kernel", 1, 4), spec("a/recurrent_kernel", 1, 4), spec("a/bias", 4)];
  const weights = new Uint8Array(48);

  it("is read, so that what follows is refused for what it says", async () => {
    expect((await load({ modelJson: model([lstm], good), weights })).layers).toHaveLength(1);
  });

  for (const [what, modelJson, size = 48] of [
    ["with huge shapes", model([lstm], [spec("a/kernel", 1e9, 1e9), ...good.slice(1)])],
    ["with sizes below 0", model([lstm], [spec("a/kernel", -1, -4), ...good.slice(1)])],
    ["with a shape that is none", model([lstm], [{ ...good[0], shape: { length: 1e9 } }])],
    ["with text as weights", model([lstm], [{ ...good[0], dtype: "string" }])],
    ["with a dtype __proto__", model([lstm], [{ ...good[0], dtype: "__proto__" }])],
    [
      "with layers named __proto__",
      JSON.parse(
        '{"modelTopology":{"class_name":"Sequential","config":{"layers":[{"class_name":"__proto__","config":{"name":"__proto__"}}]}},"weightsManifest":[]}',
      ),
    ],
    ["with too few arrays", model([lstm], good.slice(0, 1))],
    [
      "with arrays of other layers",
      model(
        [lstm],
        good.map((one) => ({ ...one, name: one.name.replace("a", "b") })),
      ),
    ],
    ["with a Dense without units", model([lstm, dense], [...good, spec("d/kernel", 1, 0)])],
    ["with a Dense that reads nothing", model([lstm, dense], [...good, spec("d/kernel", 0, 1)])],
    ["with an Embedding without words", model([embedding, lstm], [...good, spec("e/embeddings", 0, 1)])],
    ["with an Embedding without columns", model([embedding, lstm], [...good, spec("e/embeddings", 5, 0)])],
    [
      "with a Dense whose bias is too short",
      model([lstm, dense], [...good, spec("d/kernel", 1, 2), spec("d/bias", 1)]),
      60,
    ],
    ["without layers", model([], good)],
    ["with layers that are none", model([null, 3], good)],
    ["with 20,000 layers", model(new Array(20_000).fill(lstm), good)],
    ["of a class unknown", { ...model([lstm], good), modelTopology: { class_name: "constructor" } }],
    [
      "with an activation that is an object",
      model([{ ...lstm, config: { ...lstm.config, activation: { class_name: {} } } }], good),
    ],
    [
      "with a Bidirectional of itself",
      model(
        [
          {
            class_name: "Bidirectional",
            config: { name: "a", layer: { class_name: "Bidirectional", config: { name: "a" } } },
          },
        ],
        good,
      ),
    ],
    [
      "with a merge that is none",
      model([{ class_name: "Bidirectional", config: { name: "a", layer: lstm, merge_mode: "__proto__" } }], good),
    ],
  ] as [string, object, number?][]) {
    it(what, async () => {
      const weights = new Uint8Array(size);
      await expect(load({ modelJson, weights })).rejects.toEqual(refused);
      await expect(load({ modelJson: JSON.stringify(modelJson), weights })).rejects.toEqual(refused);
      expect(Object.keys(Object.prototype)).toEqual([]);
    });
  }

  it("nested deeply", async () => {
    const text = JSON.stringify(model([{ ...lstm, inbound_nodes: "NEST" }], good.slice(1)));
    const nested = `${"[".repeat(1e5)}1${"]".repeat(1e5)}`;
    const functional = text.replace("Sequential", "Functional").replace('"NEST"', nested);
    await expect(load({ modelJson: functional, weights })).rejects.toEqual(refused);
  });
});
