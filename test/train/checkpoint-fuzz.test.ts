import { LSTM, LSTMError, Tensor } from "lstm-wasm";
import { Dropout, Linear, Sequential } from "lstm-wasm/nn";
import { load, loadMetadata, save } from "lstm-wasm/safetensors";
import { Adam, CosineAnnealingLR, loadCheckpoint, ReduceLROnPlateau, SGD, saveCheckpoint } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { mulberry32 } from "../../examples/mulberry32.js";

/** A training of everything that has a state. */
function training() {
  const model = new Sequential({
    lstm: new LSTM({ inputSize: 2, hiddenSize: 2, numLayers: 2, dropout: 0.5, seed: 1 }),
    dropout: new Dropout({ seed: 2 }),
    linear: new Linear({ inFeatures: 2, outFeatures: 2, seed: 3 }),
  }).train();
  const parameters = model.parameters();
  const optimizer = {
    adam: new Adam(
      [
        { params: parameters.slice(0, 4), amsgrad: true },
        { params: parameters.slice(4, 8), lr: 0.1 },
      ],
      { lr: 0.01 },
    ),
    sgd: new SGD(parameters.slice(8), { momentum: 0.5 }),
  };
  const scheduler = {
    cosine: new CosineAnnealingLR(optimizer.adam, { tMax: 3 }),
    plateau: new ReduceLROnPlateau(optimizer.sgd, { patience: 0 }),
  };
  const step = () => {
    model.train();
    model.forward([[1, 2]]);
    model.backward([[1, 1]]);
    optimizer.adam.step();
    optimizer.sgd.step();
    scheduler.cosine.step();
    scheduler.plateau.step(Infinity);
  };
  return { model, optimizer, scheduler, step };
}

const HOSTILE: readonly unknown[] = [
  null,
  true,
  "",
  "x",
  -1,
  -3.5,
  7,
  1e308,
  2 ** 44,
  2 ** 53,
  [],
  {},
  [1, 2],
  [[[]]],
  { $number: "NaN" },
  { $number: "Infinity" },
  { $number: 3 },
  { $tensor: 0 },
  { $bytes: ["Uint8Array", 1, 3] },
  { $bytes: ["constructor", 1, 3] },
  { $map: [[1]] },
  { $bigint: "zz" },
  { $date: "x" },
  { $object: null },
  { $undefined: 1 },
  { length: 2 ** 32 },
  { __proto__: null, constructor: 1 },
];

type Json = Record<string, unknown>;

describe.each([1, 2, 3])("mutations of a checkpoint, seed %i", (seed) => {
  it("load, or are refused and change nothing", { timeout: 120_000 }, () => {
    const chance = mulberry32(seed);
    const below = (count: number) => Math.floor(chance() * count);
    const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
    const { step, ...whole } = training();
    step();
    step();
    const extra = {
      epoch: 2,
      best: Infinity,
      seen: new Set([1n]),
      data: Uint8Array.of(1, 2, 3),
      t: new Tensor([1, 2]),
    };
    const original = saveCheckpoint({ ...whole, extra });

    const flip = () => {
      const bytes = original.slice();
      for (let i = below(3); i >= 0; i--)
        bytes[below(bytes.length)] = chance() < 0.5 ? below(256) : pick([34, 44, 48, 57, 91, 123]);
      return bytes;
    };
    const resize = () =>
      chance() < 0.5 ? original.slice(0, below(original.length)) : Uint8Array.of(...original, 0, 0);
    const editState = () => {
      const { format, state } = loadMetadata(original) as { format: string; state: string };
      let node = JSON.parse(state) as Json;
      const root = node;
      for (;;) {
        const key = pick(Object.keys(node));
        const inner = node[key];
        if (typeof inner === "object" && inner !== null && Object.keys(inner).length > 0 && chance() < 0.8) {
          node = inner as Json;
          continue;
        }
        if (chance() < 0.7) node[key] = pick(HOSTILE);
        else if (chance() < 0.5) delete node[key];
        else node[pick(["x", "$x", "__proto__", "lr", "params"])] = pick(HOSTILE);
        return save(load(original), { format, state: JSON.stringify(root) });
      }
    };
    const editTensors = () => {
      const tensors = load(original);
      const name = pick(Object.keys(tensors));
      const { data, shape } = tensors[name] as Tensor;
      const way = below(4);
      if (way === 0) data[below(data.length)] = pick([Number.NaN, Infinity, -1, 0.5, 2 ** 20, 3e38]);
      else {
        if (way !== 1) delete tensors[name];
        if (way === 1) tensors[name] = new Tensor(data, [data.length, 1]);
        if (way === 2)
          tensors[pick(["optimizer.sgd.9.x", "model.x", "extra.9", "optimizer.", `${name}.`])] = new Tensor(
            data,
            shape,
          );
      }
      return save(tensors, loadMetadata(original));
    };

    const counts = { loaded: 0, refused: 0 };
    for (let round = 0; round < 1000; round++) {
      const bytes = pick([flip, flip, resize, editState, editState, editState, editTensors])();
      const before = saveCheckpoint(whole);
      try {
        loadCheckpoint(bytes, whole);
        counts.loaded++;
      } catch (error) {
        expect(error).toBeInstanceOf(LSTMError);
        expect(Buffer.compare(saveCheckpoint(whole), before)).toBe(0);
        counts.refused++;
        continue;
      }
      // What was taken can be trained on and saved again; a rate that grows beyond all numbers is refused by its name.
      try {
        step();
      } catch (error) {
        expect(error).toMatchObject({ name: "LSTMError", message: expect.stringContaining("the next lr") });
      }
      loadCheckpoint(saveCheckpoint(whole), whole);
      loadCheckpoint(original, whole);
    }
    expect(counts.loaded).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(400);
    expect(Buffer.compare(saveCheckpoint({ ...whole, extra }), original)).toBe(0);
  });
});
