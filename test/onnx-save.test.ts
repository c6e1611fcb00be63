/** What `save` of lstm-wasm/onnx writes: the bytes that ONNX's checker and onnxruntime saw, and back again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GRU, LSTM, RNN, Tensor } from "lstm-wasm";
import { load, save } from "lstm-wasm/onnx";
import { load as loadTensors } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { saved } from "./fixtures/onnx/saved.js";
import { bits, refuses } from "./support/refusal.js";

const read = (name: string) => readFileSync(join(import.meta.dirname, "fixtures/onnx", name));
const expected = loadTensors(read("saved.safetensors"));

describe.each(Object.entries(saved))("%s", (name, make) => {
  it("has the bytes that onnxruntime read", () => {
    expect(Buffer.from(save(...make())).equals(read(`${name}.onnx`))).toBe(true);
  });

  it.each([0, 1])("computes what onnxruntime does, case %s", (which) => {
    const of = (key: string) => expected[`${name}/${which}/${key}`] as Tensor;
    const [module, options] = make();
    const states = module instanceof LSTM ? ["h", "c"] : ["h"];
    const given = options?.states ? states.map((state) => of(`${state}0`)) : [];
    const state = module instanceof LSTM && given.length > 0 ? given : given[0];
    const [output, last] = (module as LSTM).forward(of("input"), state as never) as unknown as [Tensor, Tensor];
    const results = { output, ...Object.fromEntries(states.map((key, i) => [`${key}n`, [last].flat()[i] as Tensor])) };
    for (const [key, tensor] of Object.entries(results)) {
      expect(tensor.shape).toEqual(of(key).shape);
      const differences = [...tensor.data].map((value, i) => Math.abs(value - (of(key).data[i] as number)));
      expect(Math.max(...differences), key).toBeLessThan(1e-6);
    }
  });
});

const sizes = { inputSize: 3, hiddenSize: 5 };
const cases = [LSTM, GRU, RNN].flatMap((Class) =>
  [1, 2, 3].flatMap((numLayers) =>
    [false, true].flatMap((bidirectional) =>
      [false, true].map((bias) => ({ Class, options: { ...sizes, numLayers, bidirectional, bias } })),
    ),
  ),
);

describe("there and back", () => {
  it.each(cases)("keeps every bit of $Class.name $options", ({ Class, options }) => {
    const module = new Class(options);
    for (const states of [false, true]) {
      const { layers } = load(save(module, { states }));
      expect(layers.length).toBe(1);
      const [layer] = layers;
      expect(layer?.kind).toBe(Class.name);
      expect(layer?.options).toEqual({
        ...options,
        batchFirst: false,
        ...(Class === RNN && { nonlinearity: "tanh" }),
      });
      expect(layer?.attributes.h0).toBe(states ? "computed" : "zeros");
      const [before, after] = [module.stateDict(), layer?.stateDict ?? {}];
      expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
      for (const [name, tensor] of Object.entries(before)) expect(bits(after[name] as Tensor)).toEqual(bits(tensor));
      layer?.create().dispose();
    }
    module.dispose();
  });

  it("keeps values that are no numbers", () => {
    const module = new RNN({ inputSize: 2, hiddenSize: 1, bias: false });
    const odd = new Float32Array(new Uint32Array([0x7fc12345, 0x80000000]).buffer);
    module.loadStateDict({ weight_ih_l0: new Tensor(odd, [1, 2]), weight_hh_l0: [[-Infinity]] });
    const [layer] = load(save(module)).layers;
    expect(bits(layer?.stateDict.weight_ih_l0 as Tensor)).toEqual([[0x7fc12345, 0x80000000]]);
    expect(layer?.stateDict.weight_hh_l0?.data).toEqual(Float32Array.of(-Infinity));
  });
});

describe("save refuses", () => {
  it("a projection, by name", () => {
    refuses(
      () => save(new LSTM({ ...sizes, projSize: 2 })),
      "OPTION",
      "projSize must be 0",
      "has no projection, got 2",
    );
  });

  it("what is no such module, and options that it has not", () => {
    refuses(() => save({} as never), "OPTION", "module must be an LSTM, GRU or RNN");
    refuses(() => save(new GRU(sizes), { opset: 14 } as never), "OPTION", "unknown option opset");
    refuses(() => save(new GRU(sizes), { states: 1 } as never), "OPTION", "states must be true or false");
  });

  it("a module that was disposed", () => {
    const module = new GRU(sizes);
    module.dispose();
    refuses(() => save(module), "DISPOSED");
  });
});
