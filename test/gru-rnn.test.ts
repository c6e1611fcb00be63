/** What differs in the API of GRU and RNN from the LSTM's: one state, other options, names and state dicts. */
import {
  GRU,
  GRUCell,
  type GRUStream,
  type Gradients,
  type LayerTrace,
  LSTM,
  LSTMCell,
  packSequence,
  type Result,
  RNN,
  RNNCell,
  type StateDict,
  Tensor,
} from "lstm-wasm";
import { Last, Linear, Sequential } from "lstm-wasm/nn";
import { Adam, crossEntropy, loadCheckpoint, saveCheckpoint } from "lstm-wasm/train";
import { describe, expect, test } from "vitest";
import { bits, refuses } from "./support/refusal.js";

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
type Wrong = any;

const SIZES = { inputSize: 3, hiddenSize: 4, numLayers: 2, seed: 1 };
const X = Tensor.randn([5, 2, 3], { seed: 2 });
const H0 = Tensor.randn([2, 2, 4], { seed: 3 });

const KINDS = [
  ["GRU", GRU, GRUCell, 3],
  ["RNN", RNN, RNNCell, 1],
] as const;

describe.each(KINDS)("%s", (name, Stack, Cell, gates) => {
  const make = (options: object = {}): GRU | RNN => new Stack({ ...SIZES, ...options } as never);

  test("has PyTorch's parameters, and a state of one tensor", () => {
    const stack = make();
    expect(stack.namedParameters().map(([key, { shape }]) => [key, shape])).toEqual([
      ["weight_ih_l0", [gates * 4, 3]],
      ["weight_hh_l0", [gates * 4, 4]],
      ["bias_ih_l0", [gates * 4]],
      ["bias_hh_l0", [gates * 4]],
      ["weight_ih_l1", [gates * 4, 4]],
      ["weight_hh_l1", [gates * 4, 4]],
      ["bias_ih_l1", [gates * 4]],
      ["bias_hh_l1", [gates * 4]],
    ]);
    const [output, hn]: Result<Tensor, "h"> = stack.forward(X, H0);
    expect([output.shape, hn.shape]).toEqual([
      [5, 2, 4],
      [2, 2, 4],
    ]);
    expect(bits(hn.select(0, 1))).toEqual(bits(output.select(0, 4)));
    expect(bits(stack.forward(X, H0.toArray())[1])).toEqual(bits(hn));
    expect(bits(stack.forward(X)[1])).toEqual(bits(stack.forward(X, Tensor.zeros([2, 2, 4]))[1]));
    expect(bits(stack.forward(X)[1])).not.toEqual(bits(hn));
  });

  test("shows how it was made", () => {
    expect(String(new Stack({ inputSize: 3, hiddenSize: 4 }))).toBe(`${name}({ inputSize: 3, hiddenSize: 4 })`);
    expect(String(make({ bias: false, batchFirst: true }))).toBe(
      `${name}({ inputSize: 3, hiddenSize: 4, bias: false, numLayers: 2, batchFirst: true })`,
    );
    expect(String(new Cell({ inputSize: 3, hiddenSize: 4, bias: false }))).toBe(
      `${name}Cell({ inputSize: 3, hiddenSize: 4, bias: false })`,
    );
  });

  test("refuses the options of other cells by name", () => {
    const none = `PyTorch's ${name} has none`;
    refuses(() => make({ projSize: 2 }), "OPTION", `${name}: projSize is an option of LSTM; ${none}`);
    refuses(() => make({ projSize: 0 }), "OPTION", "projSize is an option of LSTM");
    refuses(() => make({ forgetBias: 1 }), "OPTION", `${name}: forgetBias is an option of LSTM; ${none}`);
    refuses(() => new Cell({ ...SIZES, forgetBias: 1 } as Wrong), "OPTION", `${name}Cell: unknown option numLayers`);
    refuses(
      () => new Cell({ inputSize: 3, hiddenSize: 4, forgetBias: 1 } as Wrong),
      "OPTION",
      `${name}Cell: forgetBias`,
    );
    refuses(() => make({ units: 1 }), "OPTION", `${name}: unknown option units; the options are inputSize, hiddenSize`);
    refuses(() => make({ hiddenSize: 0 }), "OPTION", "hiddenSize", "got 0");
  });

  test("refuses an LSTM's state, and says what its own is", () => {
    const stack = make();
    const expected = bits(stack.forward(X, H0)[0]);
    const state = (given: unknown) => () => stack.forward(X, given as Wrong);
    refuses(state([H0, H0]), "STATE", "the state must be h0, one tensor, got [a Tensor, a Tensor]");
    refuses(state([H0]), "STATE", "h0, one tensor");
    refuses(state([H0, undefined]), "STATE", "h0, one tensor");
    refuses(state([[H0, H0]]), "DTYPE", "h0");
    refuses(state(Tensor.zeros([2, 1, 4])), "SHAPE_MISMATCH", "Expected h0 of shape [2, 2, 4], got [2, 1, 4]");
    refuses(state("h0"), "DTYPE", "h0");
    refuses(() => (stack as Wrong).forward(X, H0, H0), "OPTION", "the third argument is for options", "second, h0");
    const lstm = new LSTM(SIZES);
    refuses(() => lstm.forward(X, H0 as Wrong), "STATE", "the state must be [h0, c0], both or neither, got a Tensor");
    refuses(() => (lstm as Wrong).forward(X, H0, H0), "OPTION", "second, [h0, c0]");
    expect(bits(stack.forward(X, H0)[0])).toEqual(expected);
  });

  test("writes into out, packed too, and refuses an LSTM's", () => {
    const stack = make();
    const out = stack.forward(X);
    const [output, hn] = out;
    const expected = bits(...make().forward(X, H0));
    expect(stack.forward(X, H0, { out })).toBe(out);
    expect(out[0] === output && out[1] === hn).toBe(true);
    expect(bits(...out)).toEqual(expected);
    const packed = packSequence([Tensor.zeros([3, 3]), Tensor.zeros([1, 3])]);
    const rows = stack.forward(packed);
    expect(stack.forward(packed, null, { out: rows })).toBe(rows);
    const wrong = (given: unknown) => () => stack.forward(X, H0, { out: given as Wrong });
    for (const given of [[output, [hn, hn]], [output, [hn]], [output], [], rows, output]) {
      refuses(wrong(given), "OPTION", "out must be [output, hn]");
    }
    refuses(wrong([output, output]), "SHAPE_MISMATCH", "Expected out[1] of shape [2, 2, 4], got [5, 2, 4]");
  });

  test("goes back from hn alone, from the output alone, and from neither not at all", () => {
    const stack = make().train();
    const gradHn = Tensor.randn([2, 2, 4], { seed: 4 });
    const [first] = stack.forward(X);
    const [second] = stack.forward(X, H0);
    const nothing = () => stack.backward(null, null, { of: first });
    refuses(nothing, "OPTION", "backward needs at least one of gradOutput, gradHn");
    const state = (given: unknown) => () => stack.backward(null, given as Wrong, { of: first });
    refuses(state([gradHn, gradHn]), "STATE", "the gradients of the state must be gradHn, one tensor, got [a Tensor");
    refuses(state([null]), "STATE", "gradHn");
    refuses(() => stack.backward(second), "STALE_FORWARD", `${name}.backward: 2 training forwards wait`);
    const { input, h0, ...rest } = stack.backward(null, gradHn, { of: first });
    expect(rest).toEqual({});
    expect([input.data instanceof Float32Array, h0.shape]).toEqual([true, [2, 2, 4]]);
    stack.backward(second, undefined, { of: second });
    const alone = make().train();
    alone.forward(X);
    expect(bits(alone.backward(null, gradHn.toArray()).h0)).toEqual(bits(h0));
  });

  test("gradientNorms are those of dL/dh(t), as later steps alone have them", () => {
    const options = { inputSize: 3, hiddenSize: 4, seed: 5 };
    const stack: GRU | RNN = new Stack(options).train();
    const input = Tensor.randn([6, 3], { seed: 6 });
    const weight = Tensor.randn([6, 4], { seed: 7 });
    refuses(() => stack.gradientNorms(), "NO_FORWARD");
    stack.forward(input);
    stack.backward(weight);
    const [norms] = stack.gradientNorms();
    expect(Object.keys(norms as object)).toEqual(["layer", "direction", "h"]);
    for (let t = 0; t < 6; t++) {
      const part: GRU | RNN = new Stack(options).train();
      const [, h] = part.forward(input.slice(0, 0, t + 1));
      const [of] = part.forward(input.slice(0, t + 1), h);
      const rest = t === 5 ? Tensor.zeros([1, 4]) : part.backward(weight.slice(0, t + 1), null, { of }).h0;
      const dh = rest.data.map((value, unit) => value + (weight.data[t * 4 + unit] as number));
      expect(norms?.h.data[t]).toBeCloseTo(Math.hypot(...dh), 5);
      part.dispose();
    }
  });

  test("traces its own names", () => {
    const names = name === "GRU" ? ["r", "z", "n", "reset", "h"] : ["h"];
    const only = (given: unknown) => () => (make() as GRU).trace(X, null, { only: given as Wrong });
    expect(only(["h"])().layers.map(Object.keys)).toEqual(Array(2).fill(["layer", "direction", "h"]));
    const refusal = `only must be an array of names out of ${names.join(", ")}, got`;
    for (const given of [["c"], ["i"], "h", ["layer"], ["constructor"]]) refuses(only(given), "OPTION", refusal);
    expect(Object.keys((make() as GRU).trace(X))).toEqual(["output", "hn", "layers"]);
  });

  test("streams with a state of h alone", () => {
    const stack = make();
    const [output, hn] = stack.forward(X, H0);
    const stream: GRUStream = stack.stream({ batchSize: 2 });
    stream.state = { h: H0 };
    for (let t = 0; t < 5; t++) expect(bits(stream.step(X.select(0, t)))).toEqual(bits(output.select(0, t)));
    expect(stream.state).toEqual({ h: hn });
    const fork = stack.stream({ batchSize: 2 });
    fork.state = stream.state;
    expect(bits(fork.run(X))).toEqual(bits(stack.forward(X, hn)[0]));
    stream.reset(0);
    expect(stream.state.h.select(1, 0)).toEqual(Tensor.zeros([2, 4]));
    expect(bits(stream.state.h.select(1, 1))).toEqual(bits(hn.select(1, 1)));
    const set = (state: unknown) => () => {
      stream.state = state as Wrong;
    };
    refuses(set({ h: H0, c: H0 }), "OPTION", "state: unknown option c");
    refuses(set({}), "DTYPE", "state.h");
    refuses(() => make({ bidirectional: true }).stream(), "OPTION", `a bidirectional ${name} reads`);
    stack.dispose();
    refuses(() => stream.step(), "DISPOSED", `this ${name} was disposed`);
  });

  test("comes back from its state dict, every size read off it", () => {
    for (const options of [{}, { bidirectional: true, bias: false }, { hiddenSize: 1, numLayers: 1 }]) {
      const stack = make(options);
      const dict = Object.fromEntries(Object.entries(stack.stateDict()).map(([key, value]) => [`m.${key}`, value]));
      const again = Stack.fromStateDict({ ...dict, other: [1] }, { prefix: "m.", batchFirst: true });
      expect(again.batchFirst).toBe(true);
      expect(again.stateDict()).toEqual(stack.stateDict());
      refuses(() => Stack.fromStateDict(dict), "STATE_DICT", `${name}.fromStateDict`, '{ prefix: "m." }');
    }
    refuses(() => Stack.fromStateDict({ weight_ih_l0: Tensor.zeros([0, 3]) }), "STATE_DICT", "hiddenSize, inputSize]");
    refuses(() => Stack.fromStateDict({}, { projSize: 1 } as Wrong), "OPTION", "unknown option projSize");
  });

  test("names the class that a state dict is of, if another", () => {
    for (const [other, Other] of [
      ["LSTM", LSTM],
      ["GRU", GRU],
      ["RNN", RNN],
    ] as const) {
      if (other === name) continue;
      const dict: StateDict = new Other(SIZES).stateDict();
      const what = `${name}.fromStateDict: this is ${other === "GRU" ? "a" : "an"} ${other}'s state dict`;
      refuses(() => Stack.fromStateDict(dict), "STATE_DICT", what, `use ${other}.fromStateDict`);
      refuses(() => make().loadStateDict(dict), "STATE_DICT", `${other} has it`);
    }
    const projected = new LSTM({ ...SIZES, projSize: 3 }).stateDict();
    refuses(() => Stack.fromStateDict(projected), "STATE_DICT", "it has weight_hr_l0", "use LSTM.fromStateDict");
    const cell = new LSTMCell({ inputSize: 3, hiddenSize: 4 }).stateDict();
    refuses(() => new Cell({ inputSize: 3, hiddenSize: 4 }).loadStateDict(cell), "STATE_DICT", "as an LSTM has it");
  });

  test("drops between its layers, and the masks can be replayed", () => {
    const stack = make({ dropout: 0.5 }).train();
    const { dropoutDraw } = stack;
    const first = bits(stack.forward(X)[0]);
    expect(bits(stack.forward(X)[0])).not.toEqual(first);
    stack.dropoutDraw = dropoutDraw;
    expect(bits(stack.forward(X)[0])).toEqual(first);
  });

  test("trains in a chain, and a checkpoint goes on with the same bits", () => {
    const model = () =>
      new Sequential({
        rnn: make({ dropout: 0.3 }),
        last: new Last(),
        head: new Linear({ inFeatures: 4, outFeatures: 2, seed: 3 }),
      }).train();
    const train = (chain: Sequential, adam: Adam, steps: number) =>
      Array.from({ length: steps }, () => {
        const { loss, gradient } = crossEntropy(chain.forward(X), [0, 1]);
        chain.zeroGrad();
        chain.backward(gradient);
        adam.step();
        return loss;
      });
    const whole = model();
    const adam = new Adam(whole.parameters(), { lr: 0.05 });
    train(whole, adam, 5);
    const saved = saveCheckpoint({ model: whole, optimizer: adam });
    const losses = train(whole, adam, 20);
    const again = model();
    const other = new Adam(again.parameters(), { lr: 0.05 });
    loadCheckpoint(saved, { model: again, optimizer: other });
    expect(train(again, other, 20)).toEqual(losses);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
    const copy = Sequential.fromStateDict(whole.stateDict(), { rnn: Stack, last: Last, head: Linear });
    expect(bits(copy.forward(X))).toEqual(bits(whole.eval().forward(X)));
    const cell = new Cell({ inputSize: 3, hiddenSize: 4 });
    refuses(() => new Sequential(cell as Wrong), "OPTION", `${name === "GRU" ? "a" : "an"} ${name}Cell, which cannot`);
  });

  test("its cell takes and returns h alone, and its steps go back in reverse", () => {
    const sizes = { inputSize: 3, hiddenSize: 4, seed: 8 };
    const cell = new Cell(sizes).train();
    const stack: GRU | RNN = new Stack(sizes).train();
    const input = X.slice(0, 0, 2);
    const before = H0.select(0, 0);
    const [output, hn] = stack.forward(input, H0.slice(0, 0, 1));
    const h1 = cell.forward(input.select(0, 0), before);
    const h2 = cell.forward(input.select(0, 1), h1);
    expect(bits(h1, h2)).toEqual(bits(output.select(0, 0), hn.select(0, 0)));
    const gradient = Tensor.randn([2, 4], { seed: 9 });
    const whole = stack.backward(null, gradient.reshape([1, 2, 4])) as Gradients<Tensor, "h">;
    refuses(() => cell.backward(null), "OPTION", "backward needs gradH");
    refuses(() => cell.backward([gradient, gradient] as Wrong), "STATE", "gradH, one tensor");
    const second = cell.backward(gradient);
    const first = cell.backward(second.h);
    expect(Object.keys(first)).toEqual(["input", "h"]);
    expect(bits(first.input, second.input)).toEqual(bits(whole.input.select(0, 0), whole.input.select(0, 1)));
    expect(bits(first.h)).toEqual(bits(whole.h0.select(0, 0)));
    refuses(() => cell.backward(gradient), "NO_FORWARD", `${name}Cell.backward`);
    refuses(
      () => cell.forward([1, 2, 3], [[1, 2, 3, 4], Tensor.zeros([4])] as Wrong),
      "STATE",
      "must be h, one tensor",
    );
    expect(cell.forward([1, 2, 3], [1, 2, 3, 4]).shape).toEqual([4]);
  });
});

describe("nonlinearity", () => {
  test("is tanh by default, and relu where it is said", () => {
    const options = { inputSize: 3, hiddenSize: 4, seed: 1 };
    expect(new RNN(options).nonlinearity).toBe("tanh");
    expect(bits(new RNN({ ...options, nonlinearity: "tanh" }).forward(X)[0])).toEqual(
      bits(new RNN(options).forward(X)[0]),
    );
    const relu = new RNN({ ...options, nonlinearity: "relu" });
    expect(String(relu)).toBe('RNN({ inputSize: 3, hiddenSize: 4, nonlinearity: "relu" })');
    const { data } = relu.forward(X)[0];
    expect(Math.min(...data)).toBe(0);
    const again = RNN.fromStateDict(relu.stateDict(), { nonlinearity: "relu" });
    expect(bits(again.forward(X)[0])).toEqual(bits(data));
    expect(RNN.fromStateDict(relu.stateDict()).nonlinearity).toBe("tanh");
    expect(new RNNCell({ ...options, nonlinearity: "relu" }).nonlinearity).toBe("relu");
  });

  test.each([null, "sigmoid", 1, true, "RELU", ["relu"]])("%o is refused", (nonlinearity) => {
    for (const Module of [RNN, RNNCell]) {
      const make = () => new Module({ inputSize: 3, hiddenSize: 4, nonlinearity } as Wrong);
      refuses(make, "OPTION", "nonlinearity must be one of tanh, relu, got");
    }
  });

  test.each([LSTM, GRU, LSTMCell, GRUCell])("is no option of %o", (Module) => {
    const make = () => new Module({ inputSize: 3, hiddenSize: 4, nonlinearity: "relu" } as Wrong);
    refuses(make, "OPTION", `${Module.name}: nonlinearity is an option of RNN; PyTorch's ${Module.name} has none`);
  });
});

test("a getter that assigns to a state that was read is refused, not written beyond its place", () => {
  const long = new Float32Array(1 << 20).fill(7);
  const other = new LSTM(SIZES);
  const expected = bits(other.forward(X)[0]);
  for (const Stack of [LSTM, GRU, RNN]) {
    const stack = new Stack(SIZES).train() as LSTM;
    const h = Tensor.zeros([2, 2, 4]);
    const swaps = (like: Tensor) => ({
      get data() {
        (h as Wrong).data = long;
        return like.data;
      },
      shape: like.shape,
    });
    const [output] = stack.forward(X);
    const gradHn = Stack === LSTM ? [h, null] : h;
    refuses(
      () => stack.backward(swaps(output), gradHn as Wrong),
      "SHAPE_MISMATCH",
      "a state changed while it was read",
    );
    stack.backward(output);
  }
  const [h, c] = [Tensor.zeros([2, 2, 4]), Tensor.zeros([2, 2, 4])];
  const lstm = new LSTM(SIZES);
  const late = {
    get data() {
      (h as Wrong).data = long;
      return c.data;
    },
    shape: c.shape,
  };
  refuses(() => lstm.forward(X, [h, late]), "SHAPE_MISMATCH", "a state changed while it was read");
  expect(bits(other.forward(X)[0])).toEqual(expected);
});

test("TypeScript keeps the states apart", () => {
  const gru = new GRU(SIZES);
  const hn: Tensor = gru.forward(X)[1];
  // @ts-expect-error an LSTM's state
  refuses(() => gru.forward(X, [hn, hn]), "STATE");
  // @ts-expect-error an option of LSTM
  refuses(() => new GRU({ ...SIZES, projSize: 1 }), "OPTION");
  // @ts-expect-error a GRU has no gate i
  refuses(() => gru.trace(X, null, { only: ["i"] }), "OPTION");
  const [{ r, reset }] = gru.trace(X, hn, { only: ["r", "reset"] }).layers as readonly [LayerTrace<"r" | "reset">];
  expect([r.shape, reset.shape]).toEqual([
    [5, 2, 4],
    [5, 2, 4],
  ]);
});
