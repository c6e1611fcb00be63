/** ONNX models, against what onnxruntime computes: test/fixtures/onnx/generate.py made them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LSTM, type Tensor } from "lstm-wasm";
import { load, type OnnxLayer } from "lstm-wasm/onnx";
import { load as loadTensors } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { refuses } from "./support/refusal.js";

interface Told {
  kind: "LSTM" | "GRU" | "RNN";
  options: Record<string, unknown>;
  direction?: string;
  path?: string;
  constantStates?: boolean;
  quantized?: boolean;
  /** The largest difference between onnxruntime's int8 run and its own float32 run. */
  rounding?: number;
}

const folder = join(import.meta.dirname, "fixtures/onnx");
const read = (name: string) => readFileSync(join(folder, name));
const models: [string, Told][] = Object.entries(JSON.parse(read("expected.json").toString()));
const refused: [string, string[]][] = Object.entries(JSON.parse(read("refused.json").toString()));
const expected = loadTensors(read("expected.safetensors"));

const named = (name: string, key: string) => expected[`${name}/${key}`] as Tensor;
const states = (layer: OnnxLayer, from: (key: "h0" | "c0") => Tensor | undefined) => {
  const [h, c] = [from("h0"), from("c0")];
  if (h === undefined) return undefined;
  return layer.kind === "LSTM" ? [h, c] : h;
};

/** output, hn and cn of a layer's module. */
function run(layer: OnnxLayer, input: Tensor, state: unknown): Tensor[] {
  const module = layer.create({ flipped: layer.attributes.direction === "reverse" });
  const [output, last] = (module as LSTM).forward(input, state as never) as unknown as [Tensor, Tensor | Tensor[]];
  module.dispose();
  return [output, ...(Array.isArray(last) ? last : [last])];
}

/** The largest difference of two tensors of one shape. */
function difference(a: Tensor | undefined, b: Tensor | undefined): number {
  expect(a?.shape).toEqual(b?.shape);
  return Math.max(...[...(a as Tensor).data].map((value, i) => Math.abs(value - ((b as Tensor).data[i] as number))));
}

describe("models", () => {
  it("are those of the folder", () => {
    const files = readdirSync(folder).filter((file) => file.endsWith(".onnx") && !file.startsWith("saved"));
    const named = [...models, ...refused].map(([name]) => `${name}.onnx`);
    expect(files.sort()).toEqual([...named, "decomposed.onnx", "external.onnx"].sort());
    expect(models.length).toBeGreaterThan(50);
    expect(refused.length).toBeGreaterThan(15);
  });

  it.each(models)("%s: its module computes what onnxruntime does", (name, told) => {
    const { layers } = load(read(`${name}.onnx`));
    expect(layers.length).toBe(1); // nodes that follow each other are joined
    const [layer] = layers as [OnnxLayer];
    expect(layer.kind).toBe(told.kind);
    expect(layer.options).toEqual(told.options);
    expect(layer.attributes.direction).toBe(
      told.direction ?? (told.options.bidirectional ? "bidirectional" : "forward"),
    );
    expect(layer.attributes.quantized).toBe(told.quantized ?? false);
    expect(layer.attributes.nodes.length).toBe(told.options.numLayers);
    if (told.path !== undefined) expect(layer.name).toBe(told.path);

    const { h0, c0 } = layer.attributes;
    const given = { h0: named(name, "h0"), c0: named(name, "c0") };
    const zeros = given.h0 && (given.c0 ?? given.h0).shape;
    let state = states(layer, (key) => given[key]);
    if (told.constantStates) {
      // of the model itself, bit for bit
      expect((h0 as Tensor).data).toEqual(given.h0.data);
      if (given.c0) expect((c0 as Tensor).data).toEqual(given.c0.data);
      else expect(c0).toBe("zeros");
      if (layer.kind === "LSTM")
        state = [given.h0, given.c0 ?? { data: new Float32Array(given.h0.size), shape: zeros }] as never;
    } else expect(h0).toBe(given.h0 === undefined ? "zeros" : "computed");

    const bound = told.rounding ?? 1e-5;
    const results = run(layer, named(name, "input"), state);
    const wanted = ["output", "hn", ...(told.kind === "LSTM" ? ["cn"] : [])];
    if (told.rounding === undefined) {
      for (const [i, key] of wanted.entries())
        expect(difference(results[i], named(name, key)), key).toBeLessThan(bound);
      return;
    }
    // The weights are as many bits as onnxruntime's; it also rounds what they multiply.
    expect(bound).toBeGreaterThan(1e-4);
    expect(difference(results[0], named(name, "output"))).toBeLessThanOrEqual(bound);
  });

  it.each(models.filter(([name]) => name.startsWith("torch") || name.startsWith("dynamo")))(
    "%s: its state dict has PyTorch's bits",
    (name) => {
      const [layer] = load(read(`${name}.onnx`)).layers as [OnnxLayer];
      const prefix = `${name}/state/`;
      const names = Object.keys(expected).filter((key) => key.startsWith(prefix));
      expect(Object.keys(layer.stateDict).sort()).toEqual(names.map((key) => key.slice(prefix.length)).sort());
      for (const key of names) expect(layer.stateDict[key.slice(prefix.length)], key).toEqual(expected[key]);
    },
  );
});

describe.each(["quantized", "quantized-per-channel"])("%s.onnx", (name) => {
  it("has int8 weights, by its own scales", () => {
    const [layer] = load(read(`${name}.onnx`)).layers as [OnnxLayer];
    const lstm = layer.create() as LSTM;
    expect(lstm.weights).toBe("int8");
    for (const [part, { data, quantization }] of Object.entries(lstm.stateDict())) {
      expect(data, part).toEqual(layer.stateDict[part]?.data);
      expect(quantization, part).toEqual(layer.stateDict[part]?.quantization);
      expect(quantization === undefined, part).toBe(part.startsWith("bias"));
    }
    const float = LSTM.fromStateDict(layer.stateDict, { weights: "float32" });
    const input = named(name, "input");
    const [[exact], [output]] = [float.forward(input), lstm.forward(input)];
    expect(difference(output, exact)).toBeLessThan(1e-3);
    expect(difference(output, exact)).toBeGreaterThan(0);
  });

  it("has float32 weights where an integer is none of int8's", () => {
    const bytes = Buffer.from(read(`${name}.onnx`));
    const { stateDict, options } = load(bytes).layers[0] as OnnxLayer;
    const { data, quantization } = stateDict.weight_ih_l0 as Tensor;
    const scale = quantization?.scale as Float32Array;
    // In the file rows lie side by side: so begins the first column of the input gate.
    const first = Array.from({ length: options.hiddenSize }, (_, row) =>
      Math.round((data[row * options.inputSize] as number) / (scale[row] as number)),
    );
    const at = bytes.indexOf(Buffer.from(Int8Array.from(first).buffer));
    expect(at).toBeGreaterThan(0);
    bytes[at] = 0x80;
    const [layer] = load(bytes).layers as [OnnxLayer];
    expect(layer.attributes.quantized).toBe(true);
    expect(layer.create().weights).toBe("float32");
    expect(layer.stateDict.weight_ih_l0?.data[0]).toBeCloseTo(-128 * (scale[0] as number), 6);
  });
});

describe("tensors in a file beside the model, as torch.onnx.export of PyTorch 2.15 writes them", () => {
  const NAME = "external.onnx.data";
  const [bytes, data] = [read("external.onnx"), read(NAME)];

  it("are PyTorch's, bit for bit, and give what onnxruntime gives", () => {
    const recorded = loadTensors(read("external.safetensors"));
    const { layers, tensors } = load(bytes, { externalData: { [NAME]: data, "another.data": new Uint8Array() } });
    const [layer] = layers as [OnnxLayer];
    expect(Object.values(layer.stateDict)).toHaveLength(8);
    for (const [name, tensor] of Object.entries(layer.stateDict)) expect(tensor).toEqual(recorded[`state/${name}`]);
    expect(Object.values(tensors).reduce((sum, { size }) => sum + size, 0)).toBe(data.length / 4 + 64); // and h0, which lies in the model
    const results = run(layer, recorded.input as Tensor, undefined);
    for (const [i, key] of ["output", "hn", "cn"].entries()) {
      expect(difference(results[i], recorded[key])).toBeLessThan(1e-6);
    }
  });

  it("are refused without that file, with a part of it, and with what is no file", () => {
    const parts = ['lies in another file: load(bytes, { externalData: { "external.onnx.data": its bytes } })'];
    refuses(() => load(bytes), "FILE", ...parts);
    refuses(() => load(bytes, { externalData: { data } }), "FILE", ...parts);
    for (const length of [0, data.length - 1]) {
      const cut = { [NAME]: data.subarray(0, length) };
      refuses(() => load(bytes, { externalData: cut }), "FILE", " bytes, but has ", "(a truncated file?)");
    }
    refuses(() => load(bytes, { externalData: { [NAME]: "x" as never } }), "FILE", `externalData["${NAME}"] must be`);
    refuses(() => load(bytes, { externalData: data as never }), "FILE", "must be a Uint8Array"); // an object, of numbers
    refuses(() => load(bytes, { externalData: 3 as never }), "OPTION", "externalData must be files by their names");
    refuses(() => load(bytes, { external: {} } as never), "OPTION", "unknown option external");
  });
});

describe("what is refused", () => {
  it.each(refused)("%s, by name", (name, parts) => {
    refuses(() => load(read(`${name}.onnx`)), "FILE", "ONNX: ", ...parts);
  });
});

describe("what load says", () => {
  it("makes modules of this entry's classes", () => {
    const [layer] = load(read("torch-LSTM-1-forward.onnx")).layers;
    const module = layer?.create();
    expect(module).toBeInstanceOf(LSTM);
    expect(module?.training).toBe(false);
  });

  it("makes modules of slim's classes in slim's sub-path", async () => {
    const slim = await import("lstm-wasm/slim");
    await slim.init(readFileSync(join(import.meta.dirname, "../dist/lstm.wasm")));
    const { load: loadSlim } = await import("lstm-wasm/slim/onnx");
    const module = loadSlim(read("torch-LSTM-1-forward.onnx")).layers[0]?.create();
    expect(module).toBeInstanceOf(slim.LSTM);
    expect(module).not.toBeInstanceOf(LSTM);
  });

  it("names tensors of the file, also of other layers", () => {
    const { tensors } = load(read("hand-LSTM-in-loop.onnx"));
    expect(Object.keys(tensors)).toEqual(["loop/body/W", "loop/body/R", "loop/body/B"]);
    expect(tensors["loop/body/W"]?.shape).toEqual([1, 16, 3]);
    expect(Object.getPrototypeOf(tensors)).toBeNull();
  });

  it("does not make a module that reads forwards of a node that reads backwards, unless told", () => {
    const [layer] = load(read("hand-GRU-reverse.onnx")).layers as [OnnxLayer];
    refuses(() => layer.create(), "OPTION", '"the GRU"', "flipped must be true", 'direction "reverse"');
    const [forward] = load(read("hand-GRU-forward.onnx")).layers as [OnnxLayer];
    refuses(() => forward.create({ flipped: true }), "OPTION", "flipped must be false");
  });

  it("diagnoses a model whose layer was decomposed", () => {
    refuses(() => load(read("decomposed.onnx")), "FILE", "no LSTM, GRU or RNN node", '"MatMul"', "state dict");
  });

  it("takes bytes of any kind, and nothing else", () => {
    const bytes = read("hand-LSTM-forward.onnx");
    const buffer = new Uint8Array(bytes).buffer;
    expect(load(buffer).layers[0]?.stateDict).toEqual(load(bytes).layers[0]?.stateDict);
    refuses(() => load("model.onnx" as never), "FILE", "bytes must be a Uint8Array");
  });
});
