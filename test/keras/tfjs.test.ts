/** TensorFlow.js models give here what they gave there: test/fixtures/keras/generate.mjs wrote them, and its outputs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GRU, LSTM, Tensor } from "lstm-wasm";
import { load } from "lstm-wasm/keras";
import { describe, expect, it } from "vitest";

interface Model {
  modelJson: { weightsManifest: [{ paths: string[]; weights: Spec[] }]; modelTopology: object };
  weights: string;
  input: number[][];
  output: number[][][];
}
interface Spec {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: object;
}
const models: Record<string, Model> = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/keras/tfjs.json"), "utf8"),
);
const bytesOf = ({ weights }: Model) => new Uint8Array(Buffer.from(weights, "base64"));

const worst = (got: ArrayLike<number>, wanted: readonly number[]) =>
  Math.max(
    ...wanted.map((value, i) => Math.abs(value - (got[i] as number))),
    got.length === wanted.length ? 0 : Infinity,
  );

describe("TensorFlow.js models", () => {
  for (const name of ["stacked", "words", "functional", "masked", "maskedLast", "maskedWords", "maskedBoth"]) {
    it(name, async () => {
      const given = models[name] as Model;
      const bytes = bytesOf(given);
      // as text and one file, and as an object and shards
      const whole = await load({ modelJson: JSON.stringify(given.modelJson), weights: bytes });
      const shards = [bytes.subarray(0, 101), bytes.slice(101, 102).buffer, bytes.subarray(102)];
      const parts = await load({ modelJson: given.modelJson, weights: shards });
      for (const { model, obstacle } of [whole, parts]) {
        expect(obstacle).toBeUndefined();
        expect(
          worst((model as NonNullable<typeof model>).forward(given.input).data, given.output.flat(2)),
        ).toBeLessThan(1e-5);
      }
    });
  }

  it("refuses the defaults of TensorFlow.js that PyTorch has not, by name", async () => {
    const read = (name: string) =>
      load({ modelJson: (models[name] as Model).modelJson, weights: bytesOf(models[name] as Model) });
    await expect(read("hard")).rejects.toThrow('(LSTM) has the recurrent_activation "hard_sigmoid"');
    await expect(read("gru")).rejects.toThrow("(GRU) multiplies by the reset gate before the recurrent product");
  });

  it("tells what is missing, and what a graph model is", async () => {
    const { modelJson } = models.stacked as Model;
    const bytes = bytesOf(models.stacked as Model);
    await expect(load({ modelJson, weights: bytes.subarray(4) })).rejects.toThrow(
      /the shards have \d+ \(a shard is missing\?\)/,
    );
    await expect(load({ modelJson, weights: [bytes, bytes] })).rejects.toThrow(/model.json lists \d+ bytes of weights/);
    await expect(load({ modelJson: { ...modelJson, format: "graph-model" }, weights: bytes })).rejects.toThrow(
      "graph model",
    );
    await expect(load({ modelJson: "<html>", weights: bytes })).rejects.toThrow("model.json is not JSON");
    await expect(load({ modelJson: { modelTopology: modelJson.modelTopology }, weights: bytes })).rejects.toThrow(
      "weightsManifest",
    );
  });

  it("widens weights that were quantised", async () => {
    const given = structuredClone(models.stacked as Model);
    const source = new Float32Array(bytesOf(given).buffer);
    const [scale, min] = [0.004, -2];
    for (const [dtype, View] of [
      ["uint8", Uint8Array],
      ["uint16", Uint16Array],
    ] as const) {
      const stored = new View(source.map((value) => Math.round((value - min) / scale)));
      const [group] = given.modelJson.weightsManifest;
      for (const spec of group.weights) spec.quantization = { dtype, scale, min, original_dtype: "float32" };
      const { layers } = await load({ modelJson: given.modelJson, weights: stored });
      const got = layers[0]?.stateDict.bias_ih_l0 as Tensor;
      const [kernel, recurrent] = group.weights as [Spec, Spec];
      const size = (spec: Spec) => spec.shape.reduce((a, b) => a * b, 1);
      const at = size(kernel) + size(recurrent);
      expect(
        worst(
          got.data,
          [...stored.subarray(at, at + got.size)].map((value) => value * scale + min),
        ),
      ).toBeLessThan(1e-6);
    }
  });
});

/** As Keras turns the standard layers' weights into CuDNN's (`_convert_rnn_weights`), gate by gate. */
const toCuDnn = {
  /** `kernel.T.reshape(kernel.shape, order="C")` */
  kernel: (kernel: number[][]) => {
    const flat = (kernel[0] as number[]).flatMap((_, h) => kernel.map((row) => row[h] as number));
    return kernel.map((row, i) => flat.slice(i * row.length, (i + 1) * row.length));
  },
  recurrent: (kernel: number[][]) => kernel.map((row, i) => row.map((_, j) => kernel[j]?.[i] as number)),
};

describe("CuDNN's layers", () => {
  for (const [className, Stack, gates, order] of [
    ["CuDNNLSTM", LSTM, 4, [0, 1, 2, 3]],
    ["CuDNNGRU", GRU, 3, [1, 0, 2]], // Keras's z, r, h are PyTorch's 1, 0, 2
  ] as const) {
    it(`${className}: its layout is undone`, async () => {
      const [inputs, units] = [5, 3];
      const module = new Stack({ inputSize: inputs, hiddenSize: units, seed: 3, batchFirst: true });
      const dict = module.stateDict();
      // Keras's gate g of a weight (gates * units, columns) as (columns, units)
      const gateOf = (name: string, g: number) => {
        const rows = (dict[name] as Tensor).toArray() as number[][];
        const own = rows.slice((order[g] as number) * units, ((order[g] as number) + 1) * units);
        return (own[0] as number[]).map((_, c) => own.map((row) => row[c] as number));
      };
      const side = (parts: number[][][]) =>
        (parts[0] as number[][]).flatMap((_, r) => parts.flatMap((part) => part[r] as number[]));
      const kernels = (name: string, turn: (kernel: number[][]) => number[][]) =>
        side(Array.from({ length: gates }, (_, g) => turn(gateOf(name, g))));
      const biases = (name: string) =>
        order.flatMap((gate) => [...(dict[name] as Tensor).data.subarray(gate * units, (gate + 1) * units)]);
      const weights = Float32Array.from([
        ...kernels("weight_ih_l0", toCuDnn.kernel),
        ...kernels("weight_hh_l0", toCuDnn.recurrent),
        ...biases("bias_ih_l0"),
        ...biases("bias_hh_l0"),
      ]);
      const spec = (name: string, ...shape: number[]) => ({ name: `rnn/${name}`, shape, dtype: "float32" });
      const specs = [
        spec("kernel", inputs, gates * units),
        spec("recurrent_kernel", units, gates * units),
        spec("bias", 2 * gates * units),
      ];
      const config = { layers: [{ class_name: className, config: { name: "rnn", units, return_sequences: true } }] };
      const modelTopology = { model_config: { class_name: "Sequential", config } };
      const { layers } = await load({ modelJson: { modelTopology, weightsManifest: [{ weights: specs }] }, weights });
      const x = Tensor.randn([2, 6, inputs], { seed: 4 });
      const created = layers[0]?.create() as LSTM;
      const got = created.forward(x)[0].data;
      expect(worst(got, [...(module as LSTM).forward(x)[0].data])).toBeLessThan(1e-6);
    });
  }
});
