/** What JavaScript holds of an object outlives it harmlessly: no array is a view of WebAssembly's memory. */
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { LSTM, LSTMCell, Tensor } from "lstm-wasm";
import { Dropout, Embedding, Last, LayerNorm, Linear, ReLU, Sequential, Softmax } from "lstm-wasm/nn";
import { mseLoss, SGD } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { dist } from "./support/realm.js";
import { bits, refuses, wave } from "./support/refusal.js";
import { wasmBytes, wasmFloats } from "./support/wasm-memory.js";

const OPTIONS = { inputSize: 3, hiddenSize: 5, seed: 1 };
const X = new Tensor(wave(12), [2, 2, 3]);
const answer = (lstm: LSTM) => bits(lstm.forward(X)[0]);

describe("after its owner was disposed", () => {
  it("a kept array writes into nothing", () => {
    for (let round = 0; round < 50; round++) {
      const old = new LSTM(OPTIONS);
      const stream = old.stream();
      const kept = [stream.input, stream.step(wave(3)), ...old.parameters().map(({ data }) => data)];
      stream.dispose();
      old.dispose();
      const heir = new LSTM({ ...OPTIONS, seed: 2 });
      const heirStream = heir.stream();
      const expected = answer(heir);
      for (const array of kept) array.fill(Number.NaN);
      expect(answer(heir)).toEqual(expected);
      expect([...heirStream.step(wave(3))].every(Number.isFinite)).toBe(true);
      heir.dispose();
    }
  });

  it("input kept of a disposed stream leaves the next stream alone", () => {
    const lstm = new LSTM(OPTIONS);
    const stream = lstm.stream();
    const { input } = stream;
    stream.dispose();
    input.fill(1e30);
    const next = lstm.stream();
    expect([...next.step()].every(Number.isFinite)).toBe(true);
  });
});

it("no array that is handed out lies in WebAssembly's memory, or shares one with another", () => {
  const lstm = new LSTM(OPTIONS);
  const stream = lstm.stream();
  const { buffer } = wasmFloats();
  const arrays: Float32Array[] = [
    stream.input,
    stream.step(wave(3)),
    stream.state.h.data,
    stream.run(X.select(1, 0)).data,
  ];
  lstm.train();
  const [output, [hn, cn]] = lstm.forward(X);
  const gradients = lstm.backward(output);
  arrays.push(output.data, hn.data, cn.data, gradients.input.data, gradients.h0.data, gradients.c0.data);
  for (const { data, grad } of lstm.parameters()) arrays.push(data, grad as Float32Array);
  for (const { c, h } of lstm.trace(X).layers) arrays.push((c as Tensor).data, (h as Tensor).data);
  const linear = new Linear({ inFeatures: 5, outFeatures: 2, seed: 1 }).train();
  const y = linear.forward(output);
  arrays.push(y.data, linear.backward(y).data, mseLoss(y, y).gradient.data);
  const buffers = arrays.map((array) => array.buffer);
  expect(buffers).not.toContain(buffer);
  expect(new Set(buffers).size).toBe(arrays.length);
  expect(wasmBytes()).toBeGreaterThan(0);
});

it("arrays are always the same ones, through growing memory, training and loading", () => {
  const lstm = new LSTM(OPTIONS).train();
  const stream = lstm.stream();
  lstm.forward(X);
  const first = [stream.input, stream.step(), ...lstm.parameters().flatMap(({ data, grad }) => [data, grad])];
  lstm.discardPending();
  const big = new LSTM({ inputSize: 600, hiddenSize: 600 });
  lstm.backward(lstm.forward(X)[0]);
  lstm.loadStateDict(new LSTM({ ...OPTIONS, seed: 9 }).stateDict());
  const again = [stream.input, stream.step(), ...lstm.parameters().flatMap(({ data, grad }) => [data, grad])];
  for (const [index, array] of again.entries()) expect(array).toBe(first[index]);
  const dict = lstm.stateDict();
  for (const { name, data } of lstm.parameters()) expect(data).toEqual(dict[name]?.data);
  big.dispose();
});

describe("kept arrays", () => {
  const sgd = (hoisted: boolean) => {
    const lstm = new LSTM(OPTIONS).train();
    const losses: number[] = [];
    const data = lstm.parameters().map((parameter) => parameter.data); // before anything grows
    for (let step = 0; step < 30; step++) {
      lstm.zeroGrad();
      const [output] = lstm.forward(X);
      const { loss, gradient } = mseLoss(output, new Tensor(new Float32Array(20).fill(0.5), [2, 2, 5]));
      lstm.backward(gradient);
      if (step === 3) new LSTM({ inputSize: 500, hiddenSize: 500 });
      for (const [index, parameter] of lstm.parameters().entries()) {
        const values = hoisted ? (data[index] as Float32Array) : parameter.data;
        const grad = parameter.grad as Float32Array;
        for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - (grad[i] as number);
      }
      losses.push(loss);
    }
    return losses;
  };

  it("hoisted out of a training loop train as well as fresh ones", () => {
    const losses = sgd(true);
    expect(losses).toEqual(sgd(false));
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] as number));
  });

  it("see what an optimiser, set and a state dict do, and optimisers and clipping see what they hold", () => {
    const lstm = new LSTM(OPTIONS).train();
    const [weight] = lstm.parameters();
    const data = weight?.data as Float32Array;
    lstm.backward(lstm.forward(X)[0]);
    const grad = weight?.grad as Float32Array;
    const optimizer = new SGD(lstm.parameters(), { lr: 0.5 });
    const before = data.slice();
    grad.fill(2);
    optimizer.step();
    expect(data).toEqual(before.map((value) => value - 1));
    data.fill(0.25);
    optimizer.step();
    expect(data).toEqual(data.map(() => -0.75));
    expect(lstm.stateDict().weight_ih_l0?.data).toEqual(data);
    optimizer.zeroGrad();
    expect(grad).toEqual(grad.map(() => 0));
    weight?.set(Tensor.zeros([20, 3]));
    expect(data).toEqual(new Float32Array(60));
  });

  it("of a gradient are added to", () => {
    const lstm = new LSTM(OPTIONS).train();
    const [weight] = lstm.parameters();
    lstm.backward(lstm.forward(X)[0]);
    const grad = weight?.grad as Float32Array;
    const once = grad.slice();
    grad.fill(1);
    lstm.backward(lstm.forward(X)[0]);
    for (const [i, value] of grad.entries()) expect(value).toBeCloseTo(1 + (once[i] as number), 5);
  });

  it("in training mode count at once for a stream, too", () => {
    const lstm = new LSTM(OPTIONS).train();
    const stream = lstm.stream();
    const data = lstm.parameters()[0]?.data as Float32Array;
    stream.step(wave(3)); // takes over what `data` may have been written to until now
    stream.reset();
    data.fill(0.1);
    const fresh = new LSTM(OPTIONS);
    fresh.parameters()[0]?.set(new Tensor(new Float32Array(60).fill(0.1), [20, 3]));
    expect(bits(stream.step(wave(3)))).toEqual(bits(fresh.stream().step(wave(3))));
  });

  it("written in training mode count in eval mode, though nothing ran in between", () => {
    const lstm = new LSTM(OPTIONS).train();
    const data = lstm.parameters()[0]?.data as Float32Array;
    lstm.forward(X);
    data.fill(0.1);
    const fresh = new LSTM(OPTIONS);
    fresh.parameters()[0]?.set(new Tensor(new Float32Array(60).fill(0.1), [20, 3]));
    expect(answer(lstm.eval())).toEqual(answer(fresh));
  });

  it("in eval mode count from the next time that data is read, or from set", () => {
    const lstm = new LSTM(OPTIONS);
    const [weight] = lstm.parameters();
    const data = weight?.data as Float32Array;
    const before = answer(lstm);
    data.fill(0.1);
    expect(answer(lstm)).toEqual(before);
    weight?.data;
    expect(answer(lstm)).not.toEqual(before);
  });
});

it("without any dispose: an array outlives its collected owner with its values", () => {
  const entry = JSON.stringify(pathToFileURL(dist("index.js")));
  const code = `import { LSTM } from ${entry};
    const helper = (seed) => new LSTM({ inputSize: 8, hiddenSize: 8, seed }).parameters()[0].data;
    const kept = helper(1);
    const before = kept.slice();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 50; i++) helper(100 + i);
      gc();
      await new Promise((next) => setTimeout(next));
    }
    console.log(kept.every((value, i) => value === before[i]));`;
  const args = ["--expose-gc", "--input-type=module", "--eval", code];
  expect(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 })).toBe("true\n");
});

describe("a getter in an argument that disposes the object", () => {
  /** An input whose data is read only after `action`. */
  const trap = (action: () => void, data: Float32Array | Int32Array, shape: number[]): never =>
    ({
      get data() {
        action();
        return data;
      },
      shape,
    }) as never;
  const heir = (make: () => { dispose(): void }, use: (object: never, action: () => void) => unknown) => {
    const object = make();
    let next: LSTM | undefined;
    let expected: unknown;
    const action = () => {
      object.dispose();
      next = new LSTM({ ...OPTIONS, seed: 5 }); // may get the memory
      expected = answer(next);
    };
    refuses(() => use(object as never, action), "DISPOSED");
    expect(answer(next as LSTM)).toEqual(expected);
  };

  it("is refused before a byte is written", () => {
    const lstm = () => new LSTM(OPTIONS);
    const waiting = () => {
      const module = lstm().train();
      module.forward(X);
      return module;
    };
    heir(lstm, (object: LSTM, action) => {
      object.forward(X);
      object.forward(trap(action, X.data, [2, 2, 3]));
    });
    heir(lstm, (object: LSTM, action) =>
      object.forward(X, [trap(action, wave(10), [1, 2, 5]), Tensor.zeros([1, 2, 5])]),
    );
    heir(lstm, (object: LSTM, action) => object.trace(trap(action, X.data, [2, 2, 3])));
    heir(waiting, (object: LSTM, action) => object.backward(trap(action, wave(20), [2, 2, 5])));
    const cell = () => new LSTMCell(OPTIONS);
    heir(cell, (object: LSTMCell, action) => object.forward(trap(action, wave(3), [3])));
    const linear = () => new Linear({ inFeatures: 3, outFeatures: 5 });
    heir(linear, (object: Linear, action) => object.forward(trap(action, wave(3), [3])));
    const embedding = () => new Embedding({ numEmbeddings: 3, embeddingDim: 5 });
    heir(embedding, (object: Embedding, action) => object.forward(trap(action, Int32Array.of(1), [1])));
    const owner = new LSTM(OPTIONS);
    heir(
      () => owner.stream(),
      (object: ReturnType<LSTM["stream"]>, action) => object.step(trap(action, wave(3), [1, 3])),
    );
    heir(
      () => owner.stream(),
      (object: ReturnType<LSTM["stream"]>, action) => object.run(trap(action, wave(3), [1, 3])),
    );
    heir(
      () => owner.stream(),
      (object: ReturnType<LSTM["stream"]>, action) => {
        object.state = { h: trap(action, wave(5), [1, 1, 5]), c: Tensor.zeros([1, 1, 5]) };
      },
    );
  });

  it("without parameters is told so", () => {
    const make = () => [
      new ReLU(),
      new Dropout({ p: 0 }),
      new Softmax(),
      new Last(),
      new LayerNorm({ normalizedShape: 2, elementwiseAffine: false }),
    ];
    for (const module of make()) {
      const output = module.train().forward([[1, 2]]);
      refuses(() => module.backward(trap(() => module.dispose(), wave(2), [...output.shape])), "DISPOSED");
    }
    for (const module of make()) {
      refuses(() => module.forward(trap(() => module.dispose(), wave(2), [1, 2])), "DISPOSED");
      refuses(() => module.forward("not read" as never), "DISPOSED");
      refuses(() => module.backward([[1, 2]]), "DISPOSED");
    }
  });

  it("that goes back itself leaves nothing to go back through", () => {
    const lstm = new LSTM(OPTIONS).train();
    const [output] = lstm.forward(X);
    const again = trap(() => lstm.backward(output), output.data, [2, 2, 5]);
    refuses(() => lstm.backward(again), "NO_FORWARD");
    const linear = new Linear({ inFeatures: 3, outFeatures: 5, seed: 1 }).train();
    const y = linear.forward(X);
    refuses(() => linear.backward(trap(() => linear.backward(y), y.data, [2, 2, 5])), "NO_FORWARD");
  });
});

it("a result written into out over an array of the weights is there", () => {
  const lstm = new LSTM({ inputSize: 5, hiddenSize: 5, seed: 1 });
  const x = new Tensor(wave(100), [20, 1, 5]);
  const [expected] = lstm.forward(x);
  const other = new LSTM({ inputSize: 5, hiddenSize: 5, seed: 3 });
  const out = other.forward(x);
  const data = lstm.parameters()[0]?.data as Float32Array;
  out[0] = new Tensor(data, [20, 1, 5]);
  other.forward(Tensor.zeros([3000, 40, 5])); // grows memory
  const result = new LSTM({ inputSize: 5, hiddenSize: 5, seed: 1 }).forward(x, null, { out });
  expect(bits(result[0])).toEqual(bits(expected));
  expect(data).toEqual(expected.data);
});

it("Sequential takes modules one after the other, and refuses an LSTMCell when it is built", () => {
  const make = () => [new LSTM(OPTIONS), new Linear({ inFeatures: 5, outFeatures: 2, seed: 1 })] as const;
  expect(bits(new Sequential(...make()).forward(X) as never)).toEqual(bits(new Sequential([...make()]).forward(X)));
  expect(new Sequential(make()[1]).namedParameters().map(([name]) => name)).toEqual(["0.weight", "0.bias"]);
  refuses(() => new Sequential(new LSTMCell(OPTIONS) as never), "OPTION", "LSTMCell", "use LSTM");
});

it("stream.step takes what everything else takes, and reset takes rows", () => {
  const lstm = new LSTM(OPTIONS);
  const stream = lstm.stream({ batchSize: 2 });
  const expected = bits(stream.step(wave(6)));
  for (const x of [
    [[...wave(3)], [...wave(6).slice(3)]],
    new Tensor(wave(6), [2, 3]),
    { data: wave(6), dims: [2, 3] },
  ]) {
    stream.reset();
    expect(bits(stream.step(x))).toEqual(expected);
  }
  refuses(() => stream.step(new Proxy(wave(6), {})), "DTYPE", "x must be");
  const one = lstm.stream();
  expect(bits(one.step([...wave(3)]).slice())).toEqual(bits(lstm.stream().step(wave(3))));

  stream.reset(1);
  const { h } = stream.state;
  expect(h.select(1, 1).data).toEqual(new Float32Array(5));
  expect(bits(h.select(1, 0))).toEqual([(expected[0] as number[]).slice(0, 5)]);
  stream.reset([0, 1]);
  expect(stream.state.h.data).toEqual(new Float32Array(10));
  refuses(() => stream.reset(2), "OPTION", "rows", "0 to 1");
  refuses(() => stream.reset([0, "1" as never]), "OPTION", "rows");
});
