import { LSTM, type LSTMErrorCode, Tensor } from "lstm-wasm";
import { Dropout, Linear, Module, Parameter, Sequential } from "lstm-wasm/nn";
import { load, loadMetadata, save } from "lstm-wasm/safetensors";
import {
  Adam,
  CosineAnnealingLR,
  clipGradNorm,
  loadCheckpoint,
  ReduceLROnPlateau,
  SGD,
  StepLR,
  saveCheckpoint,
} from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { expectError } from "../support/refusal.js";

const linear = (seed = 1) => new Linear({ inFeatures: 3, outFeatures: 2, seed });

/** A step on gradients of 1. */
function train(model: Module & { forward(input: number[]): unknown; backward(gradient: number[]): unknown }) {
  model.train();
  model.forward([1, 2, 3]);
  model.backward([1, 1]);
}

describe("the parts of a checkpoint", () => {
  it("are loaded as they are asked for: weights alone out of a whole training", () => {
    const model = linear();
    const optimizer = new Adam(model.parameters());
    train(model);
    optimizer.step();
    const bytes = saveCheckpoint({ model, optimizer, scheduler: new StepLR(optimizer, { stepSize: 1 }), extra: 7 });
    const other = linear(2);
    expect(loadCheckpoint(bytes, { model: other })).toEqual({ extra: 7 });
    expect(other.stateDict()).toEqual(model.stateDict());

    const fresh = linear(3);
    const before = fresh.stateDict();
    const own = new Adam(fresh.parameters());
    const alone = saveCheckpoint({ model });
    expectError("STATE_DICT", /optimizer is not in this checkpoint. It holds: none. What is left out stays/, () =>
      loadCheckpoint(alone, { model: fresh, optimizer: own }),
    );
    expect(fresh.stateDict()).toEqual(before);
    loadCheckpoint(alone, { model: fresh });
    expect(fresh.stateDict()).toEqual(model.stateDict());
  });

  it("have dropouts that must be the same where training goes on", () => {
    const make = (dropout: object) => new Sequential({ ...dropout, linear: linear() });
    const trained = make({ dropout: new Dropout({ seed: 5 }) });
    train(trained);
    const bytes = saveCheckpoint({ model: trained, optimizer: new SGD(trained.parameters()) });
    const [plain, again] = [make({}), make({ dropout: new Dropout({ seed: 1 }) })];
    loadCheckpoint(bytes, { model: plain });
    expectError("STATE_DICT", /Expected dropouts: none, got dropout/, () =>
      loadCheckpoint(bytes, { model: plain, optimizer: new SGD(plain.parameters()) }),
    );
    loadCheckpoint(bytes, { model: again });
    expect((again.modules.dropout as unknown as Dropout).dropoutDraw).toEqual({ seed: 5, call: 1 });
  });

  it("include the dropouts inside modules of one's own", () => {
    class Own extends Module {
      readonly scale = new Parameter([1, 2]);
      readonly dropout = new Dropout({ seed: 5 });
    }
    const [trained, resumed] = [new Own().train(), new Own()];
    trained.dropout.forward([1, 2]);
    trained.scale.set([3, 4]);
    loadCheckpoint(saveCheckpoint({ model: { own: trained } }), { model: { own: resumed } });
    expect(resumed.dropout.dropoutDraw).toEqual({ seed: 5, call: 1 });
    expect([...resumed.scale.data]).toEqual([3, 4]);
  });

  it("may be several optimisers and schedules by name", () => {
    const make = () => {
      const model = { encoder: linear(1), head: linear(2) };
      const optimizer = {
        encoder: new SGD(model.encoder.parameters(), { lr: 0.5, momentum: 0.5 }),
        head: new Adam([{ params: model.head.parameters(), lr: 0.25 }]),
      };
      const scheduler = {
        encoder: new CosineAnnealingLR(optimizer.encoder, { tMax: 3 }),
        head: new ReduceLROnPlateau(optimizer.head, { patience: 0 }),
      };
      const step = () => {
        for (const name of ["encoder", "head"] as const) {
          train(model[name]);
          optimizer[name].step();
          optimizer[name].zeroGrad();
        }
        scheduler.encoder.step();
        scheduler.head.step(1);
      };
      return { model, optimizer, scheduler, step };
    };
    const { step, ...whole } = make();
    for (let i = 0; i < 3; i++) step();
    const bytes = saveCheckpoint(whole);
    for (let i = 0; i < 2; i++) step();
    const { step: again, ...resumed } = make();
    loadCheckpoint(bytes, resumed);
    for (let i = 0; i < 2; i++) again();
    expect(saveCheckpoint(resumed)).toEqual(saveCheckpoint(whole));

    // A part of them, and none that is not there.
    const { model, optimizer, scheduler } = make();
    loadCheckpoint(bytes, { model: { head: model.head }, optimizer: { head: optimizer.head } });
    expect(optimizer.head.lr).toBeCloseTo(0.0025);
    expectError("STATE_DICT", /optimizer is not in this checkpoint. It holds: encoder, head/, () =>
      loadCheckpoint(bytes, { model, optimizer: optimizer.head }),
    );
    expectError("STATE_DICT", /scheduler.tail is not in this checkpoint/, () =>
      loadCheckpoint(bytes, { model, scheduler: { tail: scheduler.head } }),
    );
    expectError("STATE_DICT", /SGD: the state is that of another optimiser, Adam/, () =>
      loadCheckpoint(bytes, { model, optimizer: { head: optimizer.encoder } }),
    );
    expectError("STATE_DICT", /missing: tail.weight, tail.bias/, () =>
      loadCheckpoint(bytes, { model: { tail: model.head } }),
    );
  });

  it.each<[RegExp, object]>([
    [/^saveCheckpoint: model must be a module or modules by name, got undefined/, {}],
    [/^saveCheckpoint: model must be .*, got 3/, { model: { a: 3 } }],
    [/^saveCheckpoint: names must have no dot, got model "a.b"/, { model: { "a.b": linear() } }],
    [/^saveCheckpoint: optimizer must be an optimiser or optimisers by name, got 1/, { model: linear(), optimizer: 1 }],
    [/^saveCheckpoint: scheduler must be .*, got an Object/, { model: linear(), scheduler: {} }],
    [/did you mean scheduler/, { model: linear(), Scheduler: 1 }],
  ])("%s", (message, parts) => {
    expectError("OPTION", message, () => saveCheckpoint(parts as never));
  });

  it("of an earlier format, and files of weights, are refused with words", () => {
    const model = linear();
    const old = save(model.stateDict(), { format: "lstm-wasm checkpoint 1", state: "{}" });
    expectError("FILE", /got "lstm-wasm checkpoint 1"; the file is of another version/, () =>
      loadCheckpoint(old, { model }),
    );
    expectError("FILE", /got undefined; for weights alone there are load\(bytes\)/, () =>
      loadCheckpoint(save(model.stateDict()), { model }),
    );
  });

  it("go back if a schedule of one's own refuses", () => {
    const own = (refuses: boolean) => ({
      value: 1,
      stateDict() {
        return { value: this.value };
      },
      loadStateDict(state: { value: number }) {
        if (refuses && state.value === 2) throw new RangeError("no");
        this.value = state.value;
      },
    });
    const [model, a, b] = [linear(), own(false), own(true)];
    a.value = b.value = 2;
    const bytes = saveCheckpoint({ model, scheduler: { a, b } });
    a.value = b.value = 1;
    const other = linear(2);
    const before = other.stateDict();
    expect(() => loadCheckpoint(bytes, { model: other, scheduler: { a, b } })).toThrow(RangeError);
    expect([a.value, b.value]).toEqual([1, 1]);
    expect(other.stateDict()).toEqual(before);
  });
});

describe("extra", () => {
  const model = linear();
  const back = (extra: unknown) => loadCheckpoint(saveCheckpoint({ model, extra }), { model }).extra;

  it.each<[string, unknown]>([
    [
      "numbers of all kinds",
      { best: Infinity, worst: -Infinity, none: Number.NaN, zero: -0, tiny: 5e-324, pi: Math.PI },
    ],
    ["what JSON drops", { a: undefined, b: [undefined, null] }],
    [
      "Maps and Sets",
      new Map<unknown, unknown>([
        ["a", new Set([1, Infinity])],
        [new Date(5), new Map([[1, [2]]])],
      ]),
    ],
    ["Dates", [new Date(0), new Date(Number.NaN)]],
    ["BigInts", [0n, -1n, 2n ** 200n, -(3n ** 100n)]],
    [
      "typed arrays",
      [new Uint8Array([1, 2, 3]), Float64Array.of(Math.PI, -0), BigInt64Array.of(-5n), new Int16Array(0)],
    ],
    ["floats", Float32Array.of(1, Number.NaN, 3)],
    ["bytes of an ArrayBuffer", Uint8Array.of(1, 2, 3, 4, 5).buffer],
    ["tensors", { losses: new Tensor([1, 2, 3, 4], [2, 2]), none: Tensor.zeros([0, 3]) }],
    [
      "names like the file's own",
      { $number: "NaN", deep: { $map: [{ $object: { $x: 1 } }] }, $: { $undefined: true } },
    ],
    ["text", ["\ud800", "\u0000", "𝄞", "", "constructor"]],
    ["nothing", undefined],
    ["null", null],
  ])("carries %s", (_, extra) => {
    expect(back(extra)).toStrictEqual(extra);
  });

  it("carries a part of a larger buffer, and what lies in WebAssembly", () => {
    const buffer = Float64Array.of(1, 2, 3, 4).buffer;
    expect(back(new Float64Array(buffer, 8, 2))).toEqual(Float64Array.of(2, 3));
    expect(back(model.parameters()[1]?.data)).toEqual(model.stateDict().bias?.data);
  });

  it("carries the name __proto__ as any other, and pollutes nothing", () => {
    const extra = JSON.parse('{ "__proto__": { "polluted": 1 }, "constructor": { "prototype": 2 } }');
    const loaded = back(extra) as object;
    expect(Object.keys(loaded)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(loaded)).toBe(Object.prototype);
    expect((loaded as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  const cycle: { a: unknown[] } = { a: [1] };
  cycle.a.push({ back: cycle });
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  let doubled: unknown = 1;
  for (let i = 0; i < 30; i++) doubled = [doubled, doubled];
  const holes: unknown[] = [];
  holes[2 ** 32 - 2] = 1;
  class Own {}
  it.each<[RegExp, unknown]>([
    [/^extra.history\[3\].fn cannot be saved: it is a function/, { history: [0, 1, 2, { fn() {} }] }],
    [/^extra cannot be saved: it is a symbol/, Symbol("x")],
    [/^extra.a\[1\].back cannot be saved: it contains itself/, cycle],
    [/^extra(\[0\]){500} cannot be saved: it is nested more than 500 deep/, deep],
    [/^extra[[\]01]+ cannot be saved: there are more than 5000000 values/, doubled],
    [/^extra.x cannot be saved: it is an array with holes/, { x: holes }],
    [/^extra\["a b"\] cannot be saved: it is an Object with a class of its own/, { "a b": new Own() }],
    [/^extra.e cannot be saved: it is an Error with a class/, { e: new Error("x") }],
    [/^extra.r cannot be saved: it is a RegExp with a class/, { r: /x/ }],
    [/^extra.model cannot be saved: it is an Object with a class/, { model: linear() }],
    [/^extra\[0\]\[1\] cannot be saved: it is a function/, new Map([["f", () => 1]])],
    [/^extra cannot be saved: it has a symbol as a name/, { [Symbol("x")]: 1 }],
    [/^extra.w cannot be saved: it is a WeakMap/, { w: new WeakMap() }],
  ])("refuses, naming the path: %s", { timeout: 60_000 }, (message, extra) => {
    expectError("OPTION", message, () => saveCheckpoint({ model, extra }));
  });

  it("may share parts that are no cycle", () => {
    const shared = { a: 1 };
    expect(back([shared, shared])).toEqual([{ a: 1 }, { a: 1 }]);
  });

  it("is read before the training is, so that all is of one moment", () => {
    const trained = linear();
    const optimizer = new SGD(trained.parameters(), { lr: 1 });
    train(trained);
    const extra = {
      get epoch() {
        optimizer.step();
        optimizer.lr = 0.5;
        return 3;
      },
    };
    const bytes = saveCheckpoint({ model: trained, optimizer, extra });
    const resumed = linear(2);
    const own = new SGD(resumed.parameters());
    loadCheckpoint(bytes, { model: resumed, optimizer: own });
    expect(resumed.stateDict()).toEqual(trained.stateDict());
    expect(own.lr).toBe(0.5);
  });
});

describe("the state of a schedule", () => {
  it.each([Infinity, -Infinity, Number.NaN, 0.5])("ReduceLROnPlateau of %s saves and loads", (metric) => {
    for (const mode of ["min", "max"] as const) {
      const model = linear();
      const make = () => new ReduceLROnPlateau(new SGD(model.parameters(), { lr: 1 }), { mode, patience: 1 });
      const [scheduler, resumed] = [make(), make()];
      scheduler.step(metric);
      loadCheckpoint(saveCheckpoint({ model, scheduler }), { model, scheduler: resumed });
      expect(resumed.stateDict()).toEqual(scheduler.stateDict());
    }
  });
});

/** The file with its state changed. */
function edited(bytes: Uint8Array, edit: (state: never) => void): Uint8Array {
  const { format, state } = loadMetadata(bytes) as { format: string; state: string };
  const parsed = JSON.parse(state) as never;
  edit(parsed);
  return save(load(bytes), { format, state: JSON.stringify(parsed) });
}

describe("a checkpoint that no training wrote", () => {
  const model = new Sequential({
    lstm: new LSTM({ inputSize: 3, hiddenSize: 2, seed: 1 }),
    linear: new Linear({ inFeatures: 2, outFeatures: 2, seed: 2 }),
  });
  const optimizer = new Adam(model.parameters());
  const scheduler = new StepLR(optimizer, { stepSize: 2 });
  model.train();
  model.forward([[1, 2, 3]]);
  model.backward([[1, 1]]);
  optimizer.step();
  const bytes = saveCheckpoint({ model, optimizer, scheduler });
  const set = (target: object | undefined, values: object) => Object.assign(target ?? {}, values);
  type State = {
    optimizers: { "": { paramGroups: Record<string, unknown>[]; optimizer: unknown; initialLrs: unknown } };
    schedulers: { "": Record<string, unknown> };
    draws: Record<string, unknown>;
    extra: unknown;
  };

  it.each<[LSTMErrorCode, RegExp, (state: State) => void]>([
    [
      "OPTION",
      /paramGroups\[0\].betas must be two numbers .* got \[7, 0.5\]/,
      (s) => set(s.optimizers[""].paramGroups[0], { betas: [7, 0.5] }),
    ],
    ["OPTION", /paramGroups\[0\].eps must be/, (s) => set(s.optimizers[""].paramGroups[0], { eps: -1 })],
    [
      "OPTION",
      /Adam: these options are for a new optimiser/,
      (s) => set(s.optimizers[""].paramGroups[0], { amsgrad: true }),
    ],
    ["OPTION", /paramGroups\[0\]: unknown option x/, (s) => set(s.optimizers[""].paramGroups[0], { x: 1 })],
    ["OPTION", /paramGroups\[0\].lr must be/, (s) => void delete (s.optimizers[""].paramGroups[0] as { lr?: 1 }).lr],
    ["STATE_DICT", /expected paramGroups of 1/, (s) => set(s.optimizers[""], { paramGroups: [] })],
    ["STATE_DICT", /state is that of another optimiser, null/, (s) => set(s.optimizers[""], { optimizer: null })],
    ["OPTION", /initialLrs must be an array of 1/, (s) => set(s.optimizers[""], { initialLrs: [1, 2] })],
    ["STATE_DICT", /state is that of another optimiser, undefined/, (s) => set(s.optimizers, { "": null as never })],
    ["OPTION", /StepLR: lastEpoch must be an integer .* got -3.5/, (s) => set(s.schedulers[""], { lastEpoch: -3.5 })],
    ["OPTION", /StepLR: lastEpoch must be .* got NaN/, (s) => set(s.schedulers[""], { lastEpoch: { $number: "NaN" } })],
    [
      "STATE_DICT",
      /StepLR: the state is that of another schedule, MultiStepLR/,
      (s) => set(s.schedulers[""], { schedule: "MultiStepLR" }),
    ],
    ["OPTION", /lstm.call must be an integer/, (s) => set(s.draws, { lstm: { seed: 1, call: 1.5 } })],
    ["OPTION", /draw of lstm: expected an object/, (s) => set(s.draws, { lstm: null })],
    ["FILE", /state in this file is damaged/, (s) => set(s, { draws: null as never })],
    ["FILE", /damaged: expected a tag, got "\$x"/, (s) => set(s, { extra: { $x: 1 } })],
    ["FILE", /damaged: it has no tensor 0/, (s) => set(s, { extra: { $tensor: 0 } })],
    ["FILE", /damaged: expected a typed array's name/, (s) => set(s, { extra: { $bytes: ["Function", 0, 4] } })],
  ])("%s %s", (code, message, edit) => {
    const before = saveCheckpoint({ model, optimizer, scheduler });
    expectError(code, message, () => loadCheckpoint(edited(bytes, edit as never), { model, optimizer, scheduler }));
    expect(saveCheckpoint({ model, optimizer, scheduler })).toEqual(before);
  });

  it.each([
    "null",
    "1",
    "[]",
    "{}",
    "{",
    `"${"x".repeat(10)}`,
    `${"[".repeat(1e6)}`,
    `${"[".repeat(1e6)}${"]".repeat(1e6)}`,
  ])("of the state number %#", (state) => {
    const file = save(load(bytes), { format: "lstm-wasm checkpoint 2", state });
    expectError("FILE", /the state in this file is damaged/, () => loadCheckpoint(file, { model }));
  });

  it("takes any count of steps at once, and goes on from it as it should", () => {
    for (const steps of [2 ** 30, 2 ** 44, 2 ** 48 - 2]) {
      const tensors = load(bytes);
      for (const name of Object.keys(tensors)) {
        if (name.endsWith(".step")) tensors[name] = new Tensor([steps % 2 ** 24, Math.floor(steps / 2 ** 24)]);
      }
      const { format, state } = loadMetadata(bytes) as { format: string; state: string };
      const huge = edited(save(tensors, { format, state }), ((s: State) => {
        set(s.optimizers[""].paramGroups[0], { betas: [1 - 2 ** -53, 0.999999] });
      }) as never);
      loadCheckpoint(huge, { model, optimizer, scheduler });
      optimizer.step();
      expect(optimizer.stateDict().state["0.step"]?.data).toEqual(
        Float32Array.of((steps + 1) % 2 ** 24, Math.floor((steps + 1) / 2 ** 24)),
      );
      expect(Number.isFinite(clipGradNorm(model.parameters(), Infinity))).toBe(true);
    }
    loadCheckpoint(bytes, { model, optimizer, scheduler });
  });
});
