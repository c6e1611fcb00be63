/** Each kind of file that the panel opens: a good one through a run and out again as safetensors, a broken one. */
import { LSTM } from "lstm-wasm";
import { load as loadAudio } from "lstm-wasm/audio";
import { load as loadKeras } from "lstm-wasm/keras";
import { loadNpz, saveNpz } from "lstm-wasm/npy";
import { load as loadOnnx } from "lstm-wasm/onnx";
import { load as loadTorch } from "lstm-wasm/pytorch";
import { load as loadSafetensors } from "lstm-wasm/safetensors";
import { beforeAll, describe, expect, test } from "vitest";
import {
  amplifier,
  bitsOf,
  type Dict,
  type FilePanel,
  fixture,
  type GivenFile,
  halved,
  jsonFile,
  SAMPLE,
  shard,
  tfjs,
  under,
  useFilePanel,
} from "./file-panel.js";

const { open } = useFilePanel();

/** What the page says of a fault before the package's own words, by the fault's code. */
const FAULTS: Readonly<Record<string, string>> = {
  FILE: "The file is damaged, or holds what is not supported.",
};

const PROJECTED = new LSTM({ inputSize: 3, hiddenSize: 70, numLayers: 2, projSize: 5, seed: 1 }).stateDict();

/** A good and a broken file of each kind. `read` is the reader in Node: the dict of the first layer, or what it throws. */
const KINDS: readonly {
  kind: string;
  good: readonly GivenFile[];
  broken: readonly GivenFile[];
  layers: readonly (readonly string[])[];
  read: (files: readonly Uint8Array[]) => Dict | Promise<Dict>;
  /** Where the page says something in its own words. */
  words?: string;
}[] = [
  {
    kind: "safetensors",
    good: [SAMPLE],
    broken: [halved(SAMPLE)],
    layers: [["lstm", "LSTM", "1", "40", "1", "–", "6,880"]],
    read: ([bytes]) => under("lstm.", loadSafetensors(bytes as Uint8Array)),
  },
  {
    kind: "PyTorch",
    good: [fixture("test/fixtures/pytorch/float32.pt")],
    broken: [halved(fixture("test/fixtures/pytorch/float32.pt"))],
    layers: [["(no name)", "LSTM", "3", "4", "2", "bidirectional", "736"]],
    read: ([bytes]) => loadTorch(bytes as Uint8Array),
  },
  {
    kind: "ONNX",
    good: [fixture("test/fixtures/onnx/torch-GRU-2-both.onnx")],
    broken: [fixture("test/fixtures/onnx/refused-peepholes.onnx")],
    layers: [["/rnn/GRU", "GRU", "3", "4", "2", "bidirectional", "552"]],
    read: ([bytes]) => (loadOnnx(bytes as Uint8Array).layers[0] as { stateDict: Dict }).stateDict,
  },
  {
    kind: "ONNX with a file of tensors",
    good: [fixture("test/fixtures/onnx/external.onnx"), fixture("test/fixtures/onnx/external.onnx.data")],
    broken: [fixture("test/fixtures/onnx/external.onnx")],
    layers: [["node_lstm__2", "LSTM", "8", "16", "1", "bidirectional", "3,328"]],
    read: ([bytes, data]) => {
      const externalData = data && { "external.onnx.data": data };
      return (loadOnnx(bytes as Uint8Array, { externalData }).layers[0] as { stateDict: Dict }).stateDict;
    },
    words: "Choose the .onnx file together with the files of its tensors (.data).",
  },
  {
    kind: ".h5",
    good: [fixture("test/fixtures/keras/stacked.h5")],
    broken: [halved(fixture("test/fixtures/keras/stacked.h5"))],
    layers: [
      ["lstm_2", "LSTM", "3", "5", "1", "batch first", "200"],
      ["lstm_3", "LSTM", "5", "4", "1", "from the end, batch first", "176"],
    ],
    read: async ([bytes]) => ((await loadKeras(bytes as Uint8Array)).layers[0] as { stateDict: Dict }).stateDict,
  },
  {
    kind: ".keras",
    good: [fixture("test/fixtures/keras/gru.keras")],
    broken: [fixture("test/fixtures/keras/hard.keras")],
    layers: [["gru_2", "GRU", "3", "5", "1", "from the end, batch first", "150"]],
    read: async ([bytes]) => ((await loadKeras(bytes as Uint8Array)).layers[0] as { stateDict: Dict }).stateDict,
  },
  {
    kind: "TensorFlow.js",
    good: [shard, tfjs],
    broken: [{ name: shard.name, bytes: shard.bytes.slice(0, 40) }, tfjs],
    layers: [
      ["bidirectional_Bidirectional1", "LSTM", "4", "3", "1", "bidirectional, batch first", "216"],
      ["bidirectional_Bidirectional2", "RNN", "3", "3", "1", "bidirectional, batch first", "48"],
    ],
    read: async ([weights, modelJson]) => {
      const model = { modelJson: new TextDecoder().decode(modelJson), weights: weights as Uint8Array };
      return ((await loadKeras(model)).layers[0] as { stateDict: Dict }).stateDict;
    },
  },
  {
    kind: ".npz",
    good: [{ name: "arrays.npz", bytes: await saveNpz(PROJECTED) }],
    broken: [halved({ name: "arrays.npz", bytes: await saveNpz(PROJECTED) })],
    layers: [["(no name)", "LSTM", "3", "70", "2", "projection to 5", "6,860"]],
    read: async ([bytes]) => loadNpz(bytes as Uint8Array),
  },
  {
    kind: "amplifier",
    good: [amplifier],
    broken: [jsonFile("amplifier.nam", { architecture: "WaveNet", config: {}, weights: [] })],
    layers: [["lstm", "LSTM", "1", "2", "1", "–", "40"]],
    read: ([bytes]) => {
      const [layer] = loadAudio(new TextDecoder().decode(bytes)).layers;
      return (layer as { stateDict: Dict }).stateDict;
    },
  },
];

describe("each kind of file", { timeout: 120_000 }, () => {
  let panel: FilePanel;
  beforeAll(async () => {
    panel = await open();
  });

  test.each(KINDS)(
    "$kind: a good one is run and saved, a broken one told",
    async ({ good, broken, layers, read, words }) => {
      const expected = await read(good.map(({ bytes }) => bytes));
      await panel.choose(...good);
      expect(await panel.alerts()).toEqual([]);
      expect(await panel.rows()).toEqual(layers);
      expect((await panel.texts(".heatmap")).length).toBeGreaterThan(2);

      const saved = await panel.save("The layer as safetensors");
      expect(bitsOf(loadSafetensors(saved.bytes))).toEqual(bitsOf(expected));

      let reason: unknown;
      try {
        await read(broken.map(({ bytes }) => bytes));
      } catch (error) {
        reason = error;
      }
      expect(reason).toMatchObject({ name: "LSTMError" });
      const { code, message } = reason as { code: string; message: string };
      await panel.choose(...broken);
      const [alert] = await panel.alerts();
      expect(alert).toContain(`${FAULTS[code]}In detail: ${code} ${message}${words ?? ""}`);
      expect(await panel.texts(".heatmap")).toEqual([]);
      expect(panel.complaints).toEqual([]);
    },
  );
});
