/** What frameworks do with objects: wrap them in proxies, clone them, post them to workers, print them. */
import { inspect } from "node:util";
import { reactive, ref } from "@vue/reactivity";
import { LSTM, type LSTMError, PackedSequence, packSequence, Tensor } from "lstm-wasm";
import { Linear, Sequential } from "lstm-wasm/nn";
import { Adam, ReduceLROnPlateau, StepLR } from "lstm-wasm/train";
import { describe, expect, test } from "vitest";
import { thrown } from "./support/refusal.js";

const X = [[[1]], [[2]]];
const lstm = new LSTM({ inputSize: 1, hiddenSize: 2, seed: 1 });
const linear = new Linear({ inFeatures: 1, outFeatures: 1, seed: 1 });
const adam = new Adam(linear.parameters());
const packed = packSequence([[[1], [2]]]);
const [wanted] = lstm.forward(X);

describe("in Vue", () => {
  test("a ref or a reactive object holds everything as it is", () => {
    const live = [lstm, linear, new Sequential([linear]), lstm.stream(), adam, linear.parameters()[0]];
    for (const object of [...live, new StepLR(adam, { stepSize: 1 }), new ReduceLROnPlateau(adam)]) {
      expect(ref(object).value).toBe(object);
      expect(reactive({ object }).object).toBe(object);
    }
    expect(ref(linear.parameters()).value[0]?.data.length).toBe(1);
  });

  test("tensors and packed sequences work through its proxies, states too", () => {
    const { tensor, sequences, state } = reactive({ tensor: new Tensor(X), sequences: packed, state: wanted });
    expect(lstm.forward(tensor as Tensor)[0]).toEqual(wanted);
    expect(lstm.forward(sequences as PackedSequence)[0].data.data).toEqual(wanted.data);
    expect(String(state.select(0, 1))).toBe(String(wanted.select(0, 1)));
    const [hn, cn] = ref(lstm.forward(X)[1]).value;
    expect(lstm.forward(X, [hn as Tensor, cn as Tensor])[0].shape).toEqual(wanted.shape);
  });
});

describe("behind a plain Proxy", () => {
  test("tensors and packed sequences work", () => {
    expect(lstm.forward(new Proxy(new Tensor(X), {}))[0]).toEqual(wanted);
    expect(new Proxy(wanted, {}).slice(0, 1).data).toEqual(wanted.slice(0, 1).data);
    expect(lstm.forward(new Proxy(packed, {}))[0].data.data).toEqual(wanted.data);
  });

  test("what lives in WebAssembly is refused by the engine, which names what cannot be reached", () => {
    expect(thrown(() => new Proxy(lstm, {}).forward(X))).toBeInstanceOf(TypeError);
    expect(thrown(() => new Proxy(lstm.stream(), {}).reset())).toMatchObject({
      message: expect.stringMatching(/RecurrentStream|private/),
    });
  });
});

describe("structuredClone", () => {
  test("of a tensor or of a state is taken for one", () => {
    expect(lstm.forward(structuredClone(new Tensor(X)))[0]).toEqual(wanted);
    const stream = lstm.stream();
    stream.step(new Float32Array([1]));
    const { h, c } = stream.state;
    stream.state = structuredClone({ h, c });
    expect(stream.state).toEqual({ h, c });
  });

  test("of a packed sequence makes one again, and says so where it was forgotten", () => {
    expect(lstm.forward(PackedSequence.from(structuredClone(packed)))[0].data.data).toEqual(wanted.data);
    expect(thrown(() => lstm.forward(structuredClone(packed)))).toMatchObject({
      code: "DTYPE",
      message: expect.stringContaining("PackedSequence.from"),
    });
  });

  test("of what lives in WebAssembly is refused, and says what to send", () => {
    const live = [lstm, linear, new Sequential([linear]), lstm.stream(), adam, linear.parameters()[0]];
    for (const object of [...live, new StepLR(adam, { stepSize: 1 }), new ReduceLROnPlateau(adam)]) {
      expect(thrown(() => structuredClone(object))).toMatchObject({
        name: "DataCloneError",
        message: expect.stringContaining("send its stateDict() or state instead"),
      });
    }
  });

  test("of an error keeps its message; its JSON has the code", () => {
    const error = thrown(() => new LSTM({ inputSize: 0, hiddenSize: 1 })) as LSTMError;
    expect(structuredClone(error)).toMatchObject({ message: error.message });
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name: "LSTMError", code: "OPTION", message: error.message });
  });
});

describe("a parameter prints", () => {
  test("its name, shape and values", () => {
    const one = new LSTM({ inputSize: 1, hiddenSize: 1, seed: 1 });
    const [parameter] = one.parameters();
    expect(inspect(parameter)).toMatch(/^Parameter weight_ih_l0 of shape \[4, 1\]:\ntensor\(\[\[ ?-?0\.\d{4}\],\n/);
    expect(`${parameter}`).toBe(inspect(parameter));
    one.dispose();
    expect(inspect(parameter)).toContain("weight_ih_l0 of shape [4, 1]");
  });
});
