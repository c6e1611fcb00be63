import { expect, it } from "vitest";

/** What was called in WebAssembly. */
const calls = new Set<string>();
const { Instance } = WebAssembly;
const recording = (name: string, value: WebAssembly.ExportValue) =>
  typeof value !== "function"
    ? value
    : (...numbers: number[]) => {
        calls.add(name);
        return value(...numbers);
      };
WebAssembly.Instance = new Proxy(Instance, {
  construct(_, [module, imports]) {
    const exports = Object.entries(new Instance(module, imports).exports);
    return { exports: Object.fromEntries(exports.map(([name, value]) => [name, recording(name, value)])) };
  },
});

// After the line above: the package makes its instance once.
const { LSTM } = await import("lstm-wasm");
const { Dropout, Linear, Sequential } = await import("lstm-wasm/nn");
const { Adam, loadCheckpoint, StepLR, saveCheckpoint } = await import("lstm-wasm/train");

it("saving and loading ask nothing of WebAssembly that takes memory, so they work when it is full", () => {
  const model = new Sequential({
    lstm: new LSTM({ inputSize: 2, hiddenSize: 3 }),
    dropout: new Dropout(),
    linear: new Linear({ inFeatures: 3, outFeatures: 2 }),
  }).train();
  const optimizer = new Adam([{ params: model.parameters().slice(0, 2) }, { params: model.parameters().slice(2) }]);
  const scheduler = new StepLR(optimizer, { stepSize: 1 });
  model.backward(model.forward([[1, 2]]));
  optimizer.step();
  const takesMemory = /New|Add$|Reserve|reserve/;
  expect([...calls].filter((name) => takesMemory.test(name)).length).toBeGreaterThan(4);
  calls.clear();
  const bytes = saveCheckpoint({ model, optimizer, scheduler, extra: new Float32Array(9) });
  loadCheckpoint(bytes, { model, optimizer, scheduler });
  expect(calls).toContain("optimizerAddress");
  expect([...calls].filter((name) => takesMemory.test(name))).toEqual([]);
  expect([...calls].filter((name) => !/^(optimizer(Address|Set)|forget|layerParameter|parameter)$/.test(name))).toEqual(
    [],
  );
});
