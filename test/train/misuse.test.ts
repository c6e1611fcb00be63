import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LSTM, LSTMCell, type LSTMErrorCode, Tensor } from "lstm-wasm";
import { Dropout, Embedding, Linear, padIndices, ReLU, Sequential } from "lstm-wasm/nn";
import {
  Adam,
  AdamW,
  binaryCrossEntropyWithLogits,
  clipGradNorm,
  crossEntropy,
  lengthBuckets,
  loadCheckpoint,
  mseLoss,
  ReduceLROnPlateau,
  SGD,
  StepLR,
  saveCheckpoint,
} from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { expectError } from "../support/refusal.js";
import { wasmBytes } from "../support/wasm-memory.js";

const linear = () => new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 });
const embedding = () => new Embedding({ numEmbeddings: 5, embeddingDim: 2, seed: 1 });
const row = [1, 2, 3];

describe("backward", () => {
  it.each([
    ["Linear", linear, row, [1, 2]],
    ["Embedding", embedding, [1], [[1, 2]]],
    ["Dropout", () => new Dropout({ p: 0.5 }), row, row],
    ["ReLU", () => new ReLU(), row, row],
  ])("of %s needs a training forward of its own", (name, make, input, gradient) => {
    const module = make() as Linear;
    const missing = (cure: RegExp) =>
      expectError("NO_FORWARD", new RegExp(`^${name}.backward: .*${cure.source}`), () =>
        module.backward(gradient as number[]),
      );
    missing(/call train\(\)/);
    module.forward(input);
    missing(/call train\(\)/);
    module.train();
    missing(/every backward needs/);
    module.forward(input);
    expectError("SHAPE_MISMATCH", /^Expected gradOutput of shape/, () => module.backward([[[1, 2, 3, 4]]]));
    module.backward(gradient as number[]);
    missing(/every backward needs/);
    module.forward(input);
    module.eval();
    missing(/call train\(\)/);
    module.train().forward(input);
    module.discardPending();
    missing(/every backward needs/);
    module.dispose();
    module.dispose();
    expectError("DISPOSED", new RegExp(`this ${name} was disposed`), () => module.forward(input));
  });

  it("of Sequential says that it was disposed, waiting or not", () => {
    const chain = new Sequential(linear()).train();
    chain.dispose();
    expectError("DISPOSED", /this Sequential was disposed/, () => chain.backward([1, 1]));
    const waiting = new Sequential(linear()).train();
    waiting.forward([1, 2, 3]);
    waiting.dispose();
    expectError("DISPOSED", /this Sequential was disposed/, () => waiting.backward([1, 1]));
  });
});

describe("arguments", () => {
  it.each<[LSTMErrorCode, RegExp, () => unknown]>([
    ["SHAPE_MISMATCH", /inFeatures. Expected 3, got shape \[2\]/, () => linear().forward([1, 2])],
    ["OPTION", /inFeatures must be an integer/, () => new Linear({ inFeatures: 1.5, outFeatures: 2 })],
    ["OPTION", /did you mean outFeatures/, () => new Linear({ inFeatures: 1, out_features: 2 } as never)],
    [
      "OPTION",
      /paddingIdx must be an integer from -5 to 4/,
      () => new Embedding({ numEmbeddings: 5, embeddingDim: 2, paddingIdx: 5 }),
    ],
    ["OPTION", /^indices\[1\]\[0\] must be an index from 0 to 4, got 5/, () => embedding().forward([[0], [5]])],
    ["OPTION", /^indices\[0\] must be an index from 0 to 4, got -1/, () => embedding().forward([-1])],
    ["DTYPE", /^indices\[1\] must be an integer of 32 bits, got 1.5/, () => embedding().forward([1, 1.5])],
    [
      "DTYPE",
      /^indices must be integers .*convert it with Int32Array.from/,
      () => embedding().forward(new BigInt64Array(2) as never),
    ],
    ["SHAPE_MISMATCH", /^indices\[1\] must be an array of 2/, () => embedding().forward([[1, 2], [1]])],
    ["OPTION", /^target\[1\] must be a class from 0 to 2, got 3/, () => crossEntropy([row, row], [0, 3])],
    [
      "SHAPE_MISMATCH",
      /^target must have the shape .* Expected \[2\], got \[3\]/,
      () => crossEntropy([row, row], [0, 1, 2]),
    ],
    ["SHAPE_MISMATCH", /^Expected weight of shape \[3\]/, () => crossEntropy([row], [0], { weight: [1, 2] })],
    ["OPTION", /^reduction must be/, () => mseLoss(row, row, { reduction: "none" as never })],
    ["SHAPE_MISMATCH", /^Expected target of shape \[3\]/, () => mseLoss(row, [1, 2])],
    [
      "OPTION",
      /^target must be probabilities from 0 to 1, got 2 at position 1/,
      () => binaryCrossEntropyWithLogits(row, [0, 2, 1]),
    ],
    ["OPTION", /^Adam needs parameters.*got none/, () => new Adam([])],
    ["OPTION", /^SGD needs parameters.*got undefined/, () => new SGD(undefined as never)],
    ["OPTION", /^clipGradNorm needs parameters/, () => clipGradNorm([], 1)],
    ["OPTION", /^SGD: parameters\[0\] must be a Parameter, got an? Linear|Object/, () => new SGD([linear() as never])],
    ["OPTION", /betas must be two numbers/, () => new Adam(linear().parameters(), { betas: [0.9, 1] })],
    ["OPTION", /^lr must be a finite number from 0 on, got NaN/, () => new Adam(linear().parameters(), { lr: NaN })],
    ["OPTION", /nesterov needs a momentum/, () => new SGD(linear().parameters(), { nesterov: true })],
    ["OPTION", /a schedule needs an optimiser/, () => new StepLR({} as never, { stepSize: 1 })],
    ["OPTION", /^Sequential needs modules/, () => new Sequential([])],
    ["OPTION", /^Sequential: 0 must be a module/, () => new Sequential([3 as never])],
    ["SHAPE_MISMATCH", /^sequences\[0\] must have one dimension/, () => padIndices([[[1, 2]]] as never)],
    ["OPTION", /^lengths\[1\] must be an integer/, () => lengthBuckets([1, -1], { batchSize: 2 })],
  ])("%s %s", expectError);

  it("zeroGrad where one of the modules was disposed zeroes nothing", () => {
    const [first, second] = [linear(), linear()];
    const chain = new Sequential(first, second);
    const grads = first
      .train()
      .parameters()
      .map((parameter) => {
        first.forward([1, 2, 3]);
        return (parameter.grad as Float32Array).fill(1);
      });
    const optimizer = new SGD(chain.parameters());
    second.dispose();
    expectError("DISPOSED", /this Linear was disposed/, () => optimizer.zeroGrad());
    expectError("DISPOSED", /this Linear was disposed/, () => chain.zeroGrad());
    for (const grad of grads) expect(grad).toEqual(grad.map(() => 1));
  });

  it("parameters given twice, or of a disposed module", () => {
    const module = linear();
    const parameters = module.parameters();
    expectError("OPTION", /parameters\[2\] \(weight\) is there twice/, () => new SGD([...parameters, ...parameters]));
    const optimizer = new SGD(parameters);
    module.dispose();
    expectError("DISPOSED", /this Linear was disposed/, () => optimizer.step());
    optimizer.dispose();
    expectError("DISPOSED", /this SGD was disposed/, () => optimizer.step());
    expectError("DISPOSED", /this SGD was disposed/, () => optimizer.zeroGrad());
    const { lr } = optimizer;
    expectError("DISPOSED", /this SGD was disposed/, () => {
      optimizer.lr = 5;
    });
    expect(optimizer.lr).toBe(lr);
  });
});

describe("a checkpoint", () => {
  function training() {
    const model = new Sequential({
      embedding: new Embedding({ numEmbeddings: 9, embeddingDim: 4, seed: 1 }),
      dropout: new Dropout({ p: 0.3, seed: 2 }),
      lstm: new LSTM({ inputSize: 4, hiddenSize: 5, numLayers: 2, dropout: 0.4, seed: 3 }),
      linear: new Linear({ inFeatures: 5, outFeatures: 3, seed: 4 }),
    }).train();
    const optimizer = new AdamW(model.parameters(), { lr: 0.01, amsgrad: true });
    const scheduler = new StepLR(optimizer, { stepSize: 3 });
    const step = () => {
      optimizer.zeroGrad();
      const { loss, gradient } = crossEntropy(
        model.forward([
          [1, 2],
          [3, 4],
          [5, 8],
        ]),
        [
          [0, 1],
          [2, 0],
          [1, 1],
        ],
      );
      model.backward(gradient);
      optimizer.step();
      scheduler.step();
      return loss;
    };
    return { model, optimizer, scheduler, step };
  }

  it("goes on with the same bits as if it had never stopped", () => {
    const { step, ...whole } = training();
    for (let i = 0; i < 4; i++) step();
    const bytes = saveCheckpoint({ ...whole, extra: { epoch: 4 } });
    const expected = Array.from({ length: 5 }, step);

    const { step: again, ...resumed } = training();
    again();
    expect(loadCheckpoint(bytes, resumed)).toEqual({ extra: { epoch: 4 } });
    expect(resumed.optimizer.lr).toBe(0.001);
    expect(Array.from({ length: 5 }, again)).toEqual(expected);
    expect(saveCheckpoint(resumed)).toEqual(saveCheckpoint(whole));
  });

  it("gives up on forwards of LSTM and LSTMCell that wait for their backward", () => {
    const sizes = { inputSize: 1, hiddenSize: 2 };
    const [lstm, cell] = [new LSTM(sizes).train(), new LSTMCell(sizes).train()];
    const bytes = saveCheckpoint({ model: { lstm, cell } });
    lstm.forward([[1]]);
    cell.forward([1]);
    loadCheckpoint(bytes, { model: { lstm, cell } });
    expectError("NO_FORWARD", /^LSTM.backward/, () => lstm.backward([[1, 1]]));
    expectError("NO_FORWARD", /^LSTMCell.backward/, () => cell.backward([[1, 1]]));
  });

  it("of another model or optimiser is refused, and nothing is changed", () => {
    const { step, ...other } = training();
    step();
    const bytes = saveCheckpoint(other);
    const model = new Sequential([linear()]);
    const optimizer = new Adam(model.parameters());
    const before = model.stateDict();
    expectError("STATE_DICT", /missing: 0.weight, 0.bias[\s\S]*unexpected: .*lstm.weight_ih_l0/, () =>
      loadCheckpoint(bytes, { model }),
    );
    expect(model.stateDict()).toEqual(before);

    const own = saveCheckpoint({ model, optimizer });
    expectError("STATE_DICT", /optimizer is not in this checkpoint. It holds: none/, () =>
      loadCheckpoint(saveCheckpoint({ model }), { model, optimizer }),
    );
    const sgd = new SGD(model.parameters());
    expectError("STATE_DICT", /SGD: the state is that of another optimiser/, () =>
      loadCheckpoint(own, { model, optimizer: sgd }),
    );
    const [adam, adamW] = [new Adam(model.parameters()), new AdamW(model.parameters(), { weightDecay: 0 })];
    expectError("STATE_DICT", /AdamW: the state is that of another optimiser/, () =>
      adamW.loadStateDict(adam.stateDict()),
    );
    expectError("STATE_DICT", /Adam: the state is that of another optimiser/, () =>
      adam.loadStateDict(adamW.stateDict()),
    );
    const broken = adam.stateDict();
    const counts = { ...broken.state, "0.step": [Number.NaN, 0] };
    expectError("STATE_DICT", /0\.step must hold a count/, () => adam.loadStateDict({ ...broken, state: counts }));
    expectError("OPTION", /^paramGroups\[0\].lr must be/, () =>
      adam.loadStateDict({ ...broken, paramGroups: [{ ...broken.paramGroups[0], lr: -5 }] }),
    );
    const plateau = new ReduceLROnPlateau(adam);
    expectError("OPTION", /best must be a number, got "x"/, () =>
      plateau.loadStateDict({ ...plateau.stateDict(), best: "x" }),
    );
    expectError("FILE", /expected the format/, () =>
      loadCheckpoint(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 123, 125]), { model }),
    );
  });
});

it("a state dict is taken by all modules of a chain or by none", () => {
  const [a, b] = [linear(), linear()];
  const model = new Sequential({ a, b });
  const other = Object.fromEntries(
    Object.entries(model.stateDict()).map(([name, { shape }]) => [name, Tensor.zeros(shape)]),
  );
  const before = a.stateDict();
  b.dispose();
  expectError("DISPOSED", /disposed/, () => model.loadStateDict(other));
  expect(a.stateDict()).toEqual(before);
});

it("a module stands once in a chain, nested ones too", () => {
  const relu = new ReLU();
  expectError("OPTION", /2 is there twice/, () => new Sequential([linear(), relu, relu]));
  expectError("OPTION", /1 is there twice/, () => new Sequential([relu, new Sequential([relu])]));
});

it("clipGradNorm knows its options", () => {
  const clip = (options: object) => clipGradNorm(linear().parameters(), 1, options);
  expectError("OPTION", /did you mean errorIfNonfinite/, () => clip({ error_if_nonfinite: true }));
  expectError("OPTION", /errorIfNonfinite must be true or false/, () => clip({ errorIfNonfinite: 1 }));
});

describe("batches", () => {
  it("hold every sample once, of similar lengths, the same for the same seed", () => {
    const lengths = Array.from({ length: 50 }, (_, i) => (i * 7) % 11);
    const batches = lengthBuckets(lengths, { batchSize: 8, seed: 5 });
    expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
    for (const batch of batches) {
      const sizes = batch.map((i) => lengths[i] as number);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2);
    }
    expect(lengthBuckets(lengths, { batchSize: 8, seed: 5 })).toEqual(batches);
    expect(lengthBuckets(lengths, { batchSize: 8, seed: 6 })).not.toEqual(batches);
    expect(lengthBuckets(lengths, { batchSize: 8, dropLast: true })).toHaveLength(6);
  });

  it("are padded", () => {
    expect(padIndices([[1, 2, 3], [4]])).toEqual({ data: Int32Array.of(1, 4, 2, 0, 3, 0), shape: [3, 2] });
    const options = { batchFirst: true, paddingValue: -100 };
    expect(padIndices([[1, 2], [], [3]], options)).toEqual({
      data: Int32Array.of(1, 2, -100, -100, 3, -100),
      shape: [3, 2],
    });
  });
});

describe("Dropout", () => {
  it("scales what it keeps, replays its mask, and goes back through the same one", () => {
    const dropout = new Dropout({ p: 0.25, seed: 3 }).train();
    const ones = new Tensor(new Float32Array(1000).fill(1));
    const draw = dropout.dropoutDraw;
    const first = dropout.forward(ones);
    expect(dropout.backward(ones)).toEqual(first);
    expect(new Set(first.data)).toEqual(new Set([0, Math.fround(4 / 3)]));
    expect(first.data.filter((x) => x === 0).length).toBeGreaterThan(200);
    expect(dropout.forward(ones)).not.toEqual(first);
    dropout.dropoutDraw = draw;
    expect(dropout.forward(ones)).toEqual(first);
    expect(dropout.eval().forward(ones)).toEqual(ones);
  });
});

it("10,000 steps of training grow neither WebAssembly's memory nor the JavaScript heap", () => {
  const model = new Sequential([linear(), new ReLU(), new Linear({ inFeatures: 2, outFeatures: 2, seed: 2 })]).train();
  const optimizer = new Adam(model.parameters());
  const step = () => {
    optimizer.zeroGrad();
    const { gradient } = mseLoss(model.forward([row, row]), [
      [1, 2],
      [3, 4],
    ]);
    model.backward(gradient);
    clipGradNorm(model.parameters(), 1);
    optimizer.step();
  };
  // Compiled by then, so that code does not count.
  for (let i = 0; i < 2_000; i++) step();
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const [memoryBefore, heapBefore] = [wasmBytes(), heap()];
  for (let i = 0; i < 10_000; i++) step();
  expect(wasmBytes()).toBe(memoryBefore);
  // One number kept a step would be 80 kB.
  expect(heap() - heapBefore).toBeLessThan(50_000);
});
