/** Files made to hurt, and real ones broken at random: an LSTMError in bounded time and memory, or a model that holds together. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "lstm-wasm/keras";
import { describe, expect, it } from "vitest";
import { mulberry32 } from "../../examples/mulberry32.js";

const folder = join(import.meta.dirname, "../fixtures/keras");
const refused = expect.objectContaining({ name: "LSTMError", code: "FILE" });

describe("broken HDF5 and zip files", () => {
  const files = readdirSync(folder)
    .filter((name) => /\.(h5|keras)$/.test(name))
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }));
  /** CI runs some seconds of it; `FUZZ_ROUNDS=1000000` some minutes. */
  const rounds = Number(process.env.FUZZ_ROUNDS ?? 1500);

  it(`${rounds} of them`, { timeout: 3_600_000 }, async () => {
    const random = mulberry32(5);
    const below = (count: number) => Math.floor(random() * count);
    let read = 0;
    for (let round = 0; round < rounds; round++) {
      const { name, bytes } = files[round % files.length] as (typeof files)[number];
      const broken = bytes.slice(0, random() < 0.1 ? below(bytes.length) : bytes.length);
      for (let change = below(6); change >= 0; change--) {
        const at = below(broken.length);
        const kind = below(4);
        if (kind === 0) broken[at] = below(256);
        else if (kind === 1) broken.fill(0xff, at, at + 4);
        else if (kind === 2) broken[at] = (broken[at] as number) ^ (1 << below(8));
        else broken.copyWithin(at, below(broken.length), below(broken.length));
      }
      try {
        const { layers, model } = await load(broken);
        read++;
        for (const layer of layers) layer.create({ flipped: layer.attributes.goBackwards }).dispose();
        model?.dispose();
      } catch (error) {
        expect(error, `${name}, round ${round}`).toEqual(refused);
      }
    }
    expect(read).toBeGreaterThan(rounds / 10);
  });

  it("each cut short", async () => {
    for (const { bytes } of files) {
      for (const part of [0.02, 0.3, 0.7]) {
        await expect(load(bytes.subarray(0, bytes.length * part))).rejects.toEqual(refused);
      }
    }
  });
});

describe("a TensorFlow.js model", () => {
  const spec = (name: string, ...shape: number[]) => ({ name, shape, dtype: "float32" });
  const lstm = { class_name: "LSTM", config: { name: "a", units: 1 } };
  const model = (layers: unknown, weights: unknown[], more: object = {}) => ({
    modelTopology: { class_name: "Sequential", config: { layers }, ...more },
    weightsManifest: [{ weights }],
  });
  const good = [spec("a/kernel", 1, 4), spec("a/recurrent_kernel", 1, 4), spec("a/bias", 4)];
  const weights = new Uint8Array(48);

  it("is read, so that what follows is refused for what it says", async () => {
    expect((await load({ modelJson: model([lstm], good), weights })).layers).toHaveLength(1);
  });

  for (const [what, modelJson] of [
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
  ] as const) {
    it(what, async () => {
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
