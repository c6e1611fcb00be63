import { LSTM, LSTMCell, type LSTMErrorCode, PackedSequence, packSequence, Tensor } from "lstm-wasm";
import {
  argmax,
  cat,
  Last,
  LayerNorm,
  Linear,
  logSoftmax,
  type Module,
  Parameter,
  padIndices,
  Sequential,
  Sigmoid,
  Softmax,
  sigmoid,
  softmax,
  stack,
} from "lstm-wasm/nn";
import { huberLoss, init, l1Loss, mseLoss } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { bits, expectError } from "../support/refusal.js";

type Mapping = Module & { forward(input: unknown): Tensor; backward(gradient: unknown, options?: object): unknown };
const modules: [string, () => Mapping, shape: number[]][] = [
  ["LayerNorm", () => new LayerNorm({ normalizedShape: 3 }) as never, [2, 2, 3]],
  ["Last", () => new Last() as never, [2, 2, 3]],
  ["Softmax", () => new Softmax() as never, [2, 2, 3]],
  ["Sigmoid", () => new Sigmoid() as never, [2, 2, 3]],
];
const drawn = (shape: readonly number[], seed: number) => Tensor.randn(shape, { seed });

describe.each(modules)("%s", (name, make, shape) => {
  const input = drawn(shape, 1);

  it("needs a training forward for each backward", () => {
    const module = make();
    const gradient = drawn(module.forward(input).shape, 2);
    const missing = (cure: RegExp) =>
      expectError("NO_FORWARD", new RegExp(`^${name}.backward: .*${cure.source}`), () => module.backward(gradient));
    missing(/call train\(\)/);
    module.train();
    missing(/every backward needs/);
    module.forward(input);
    expectError("SHAPE_MISMATCH", /^Expected gradOutput of shape/, () => module.backward([[[[1, 2]]]]));
    expectError("DTYPE", /^gradOutput must be/, () => module.backward(undefined));
    expectError("DTYPE", /^gradOutput/, () => module.backward(new Float64Array(12)));
    expectError("OPTION", /unknown option off/, () => module.backward(gradient, { off: 1 }));
    module.backward(gradient);
    missing(/every backward needs/);
    module.forward(input);
    module.eval();
    missing(/call train\(\)/);
    module.train().forward(input);
    module.discardPending();
    missing(/every backward needs/);
  });

  it("with several forwards waiting wants to be told which, and keeps them apart", () => {
    const [module, alone] = [make().train(), make().train()];
    const inputs = [drawn(shape, 3), drawn(shape, 4)];
    const outputs = inputs.map((x) => module.forward(x));
    const gradient = drawn((outputs[0] as Tensor).shape, 5);
    expectError("STALE_FORWARD", /2 training forwards/, () => module.backward(gradient));
    expectError("NO_FORWARD", /the very object that forward returned/, () =>
      module.backward(gradient, { of: gradient }),
    );
    for (const [index, of] of outputs.entries()) {
      alone.forward(inputs[index]);
      expect(module.backward(gradient, { of })).toEqual(alone.backward(gradient));
    }
    expectError("NO_FORWARD", /the very object/, () => module.backward(gradient, { of: outputs[0] }));
  });

  it("says that it was disposed, by a getter in its argument too", () => {
    const module = make().train();
    const of = module.forward(input);
    module.dispose();
    module.dispose();
    expectError("DISPOSED", new RegExp(`this ${name} was disposed`), () => module.forward(input));
    expectError("DISPOSED", new RegExp(`this ${name} was disposed`), () => module.backward(of));
    const second = make().train();
    const disposing = (like: Tensor) => ({
      get data() {
        second.dispose();
        return like.data;
      },
      shape: like.shape,
    });
    expectError("DISPOSED", new RegExp(`this ${name} was disposed`), () => second.forward(disposing(input)));
    const third = make().train();
    const output = third.forward(input);
    const back = {
      get data() {
        third.backward(output);
        return output.data;
      },
      shape: output.shape,
    };
    expectError("NO_FORWARD", /every backward needs/, () => third.backward(back));
  });

  it("refuses what is no tensor", () => {
    for (const value of [undefined, null, 3, "x", {}, new Float64Array(3), [[[1]], [[1], [2]]]]) {
      expect(() => make().forward(value)).toThrow(expect.objectContaining({ name: "LSTMError" }));
    }
  });

  it("in a chain takes packed batches, forward and backward", () => {
    const packed = packSequence([drawn([3, 3], 1), drawn([1, 3], 2), drawn([2, 3], 3)], { enforceSorted: false });
    const chain = new Sequential(make() as never).train();
    const output = chain.forward(packed) as Tensor | PackedSequence;
    expect(output instanceof PackedSequence).toBe(name !== "Last");
    const back = chain.backward(output as PackedSequence) as PackedSequence;
    expect([back.batchSizes, back.sortedIndices]).toEqual([packed.batchSizes, packed.sortedIndices]);
  });
});

it("LayerNorm refuses a backward after its weight changed", () => {
  const norm = new LayerNorm({ normalizedShape: 2 }).train();
  const output = norm.forward([1, 2]);
  norm.weight?.data.fill(3);
  const grads = norm.parameters().map(({ grad }) => [...(grad as Float32Array)]);
  expectError("STALE_FORWARD", /^LayerNorm.backward: weights changed/, () => norm.backward(output));
  expect(norm.parameters().map(({ grad }) => [...(grad as Float32Array)])).toEqual(grads);
});

const matrix = () =>
  new Parameter([
    [1, 2],
    [3, 4],
    [5, 6],
  ]); // prettier-ignore
const scalar = new Tensor([1], []);
const result = () => new LSTM({ inputSize: 1, hiddenSize: 2 }).forward([[1]]);
/** A Linear in training mode that has a forward to go back through. */
const trained = () => {
  const linear = new Linear({ inFeatures: 2, outFeatures: 1 }).train();
  linear.forward([[1, 2]]);
  return linear;
};

describe("arguments", () => {
  it.each<[LSTMErrorCode, RegExp, () => unknown]>([
    ["OPTION", /^LayerNorm: expected an object/, () => new LayerNorm(3 as never)],
    ["OPTION", /^normalizedShape must be an integer from 1 .* got undefined/, () => new LayerNorm({} as never)],
    ["OPTION", /^normalizedShape must have at least one dimension/, () => new LayerNorm({ normalizedShape: [] })],
    ["OPTION", /^normalizedShape must be an integer from 1 .* got 0/, () => new LayerNorm({ normalizedShape: [2, 0] })],
    [
      "OPTION",
      /^normalizedShape must be an integer from 1 .* got undefined/,
      // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
      () => new LayerNorm({ normalizedShape: [, 2] as never }),
    ],
    ["OUT_OF_MEMORY", /does not fit/, () => new LayerNorm({ normalizedShape: [2 ** 30, 2 ** 30] })],
    ["OPTION", /^eps must be a finite number from 0 on/, () => new LayerNorm({ normalizedShape: 2, eps: -1 })],
    [
      "OPTION",
      /did you mean elementwiseAffine/,
      () => new LayerNorm({ normalizedShape: 2, elementwise_affine: true } as never),
    ],
    ["OPTION", /^bias must be true or false/, () => new LayerNorm({ normalizedShape: 2, bias: 1 as never })],
    [
      "SHAPE_MISMATCH",
      /normalizedShape. Expected \[3\], got shape \[2\]/,
      () => new LayerNorm({ normalizedShape: 3 }).forward([1, 2]),
    ],
    [
      "SHAPE_MISMATCH",
      /Expected \[2, 3\], got shape \[3\]/,
      () => new LayerNorm({ normalizedShape: [2, 3] }).forward([1, 2, 3]),
    ],
    ["SHAPE_MISMATCH", /Expected \[3\], got shape \[\]/, () => new LayerNorm({ normalizedShape: 3 }).forward(scalar)],
    ["OPTION", /did you mean batchFirst/, () => new Last({ batch_first: true } as never)],
    ["OPTION", /^bidirectional must be true or false/, () => new Last({ bidirectional: 1 as never })],
    ["SHAPE_MISMATCH", /^input: expected \(seq, batch, .\) or \(seq, .\), got \[2\]/, () => new Last().forward([1, 2])],
    ["SHAPE_MISMATCH", /got \[\]/, () => new Last().forward(scalar)],
    ["SHAPE_MISMATCH", /got \[1, 1, 1, 1\]/, () => new Last().forward([[[[1]]]])],
    ["SHAPE_MISMATCH", /even number of columns .* got 3/, () => new Last({ bidirectional: true }).forward([[1, 2, 3]])],
    [
      "SHAPE_MISMATCH",
      /^input.data: expected \(rows, .\), got \[2\]/,
      () => new Last().forward(new PackedSequence([1, 2], [1, 1])),
    ],
    ["OPTION", /^dim must be an integer/, () => new Softmax({ dim: 1.5 })],
    ["OPTION", /^dim must be an integer/, () => new Softmax({ dim: "1" as never })],
    ["OPTION", /^Softmax: unknown option axis/, () => new Softmax({ axis: 1 } as never)],
    ["OPTION", /^dim must be an integer from -1 to 0, got 1/, () => new Softmax({ dim: 1 }).forward([1, 2])],
    ["OPTION", /^dim must be an integer from -1 to 0, got 1/, () => softmax([1, 2], 1)],
    ["OPTION", /^dim must be an integer from -1 to 0, got undefined/, () => logSoftmax([1, 2], undefined as never)],
    ["OPTION", /^dim must be an integer from -1 to 0, got 1/, () => softmax(scalar, 1)],
    ["OPTION", /^dim must be an integer from -2 to 1, got NaN/, () => argmax([[1, 2]], Number.NaN)],
    ["OPTION", /^dim must be an integer from -1 to 0, got undefined/, () => (argmax as (x: unknown) => unknown)([1])],
    ["SHAPE_MISMATCH", /^argmax: dimension 1 of \[2, 0\] is empty/, () => argmax(Tensor.zeros([2, 0]), -1)],
    [
      "DTYPE",
      /^input must be a Tensor.*got a PackedSequence; padPackedSequence makes one, data are its rows/,
      () => softmax(packSequence([[[1]]]) as never, 0),
    ],
    ["DTYPE", /^input must be/, () => sigmoid(3 as never)],
    [
      "DTYPE",
      /^input must be a Tensor.*got an array of tensors; .* take the first: const \[output\] = .../,
      () => new Linear({ inFeatures: 2, outFeatures: 1 }).forward(result() as never),
    ],
    ["DTYPE", /^gradOutput must be a Tensor.*const \[output\]/, () => trained().backward(result() as never)],
    ["DTYPE", /^target must be a Tensor.*const \[output\]/, () => mseLoss([1], result() as never)],
    [
      "SHAPE_MISMATCH",
      /^gradOutput: expected a tensor, .*; padPackedSequence makes one/,
      () => trained().backward(packSequence([[[1]]]) as never),
    ],
    [
      "SHAPE_MISMATCH",
      /^gradOutput: expected a tensor, .*; padPackedSequence makes one/,
      () => {
        const lstm = new LSTM({ inputSize: 1, hiddenSize: 1 }).train();
        lstm.forward([[1]]);
        lstm.backward(packSequence([[[1]]]));
      },
    ],
    ["OPTION", /^cat needs an array of at least one tensor, got \[\]/, () => cat([])],
    ["OPTION", /^cat needs an array of at least one tensor, got a Tensor/, () => cat(Tensor.zeros([2]) as never)],
    ["OPTION", /^stack needs an array of at least one tensor, got undefined/, () => stack(undefined as never)],
    ["DTYPE", /^tensors\[1\] must be/, () => cat([[1], "x" as never])],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    ["DTYPE", /^tensors\[0\] must be .* got undefined/, () => cat([, [1]] as never)],
    [
      "SHAPE_MISMATCH",
      /^tensors\[1\] must .*dimension 0 aside. Expected \[1, 2\], got \[1, 3\]/,
      () => cat([[[1, 2]], [[1, 2, 3]]]),
    ],
    ["SHAPE_MISMATCH", /^tensors\[1\] must .* Expected \[1, 2\], got \[1\]/, () => cat([[[1, 2]], [1]])],
    ["SHAPE_MISMATCH", /^tensors\[0\] has no dimensions.*stack/, () => cat([scalar, scalar])],
    ["OPTION", /^dim must be an integer from -1 to 0, got 1/, () => cat([[1], [2]], 1)],
    ["OPTION", /^dim must be an integer from -2 to 1, got 2/, () => stack([[1], [2]], 2)],
    ["SHAPE_MISMATCH", /^Expected tensors\[1\] of shape \[1\], as tensors\[0\], got \[2\]/, () => stack([[1], [1, 2]])],
    ["OPTION", /^sequences must be an array of sequences, got 3/, () => padIndices(3 as never)],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    ["DTYPE", /^sequences\[0\] must be integers/, () => padIndices([, [1]] as never)],
    ["DTYPE", /^sequences\[0\]\[1\] must be an integer of 32 bits, got 0.5/, () => padIndices([[1, 0.5]])],
    ["OPTION", /did you mean paddingValue/, () => padIndices([[1]], { padding_value: 1 } as never)],
    ["OPTION", /^paddingValue must be an integer/, () => padIndices([[1]], { paddingValue: 0.5 })],
    ["OPTION", /^reduction must be/, () => l1Loss([1], [1], { reduction: "none" as never })],
    ["OPTION", /^l1Loss: unknown option delta/, () => l1Loss([1], [1], { delta: 1 } as never)],
    ["OPTION", /^delta must be a finite number greater than 0, got 0/, () => huberLoss([1], [1], { delta: 0 })],
    [
      "OPTION",
      /^delta must be a finite number greater than 0, got "1"/,
      () => huberLoss([1], [1], { delta: "1" as never }),
    ],
    ["SHAPE_MISMATCH", /^Expected target of shape \[1\], got \[2\]/, () => huberLoss([1], [1, 2])],
    ["DTYPE", /^mask must be/, () => mseLoss([1], [1], { mask: true as never })],
    ["DTYPE", /^mask\[0\] must be a number, got true/, () => mseLoss([1], [1], { mask: [true] as never })],
    [
      "OPTION",
      /^mseLoss: mask must hold 0 and 1, got 0.5 at position 1/,
      () => mseLoss([1, 2], [1, 2], { mask: [1, 0.5] }),
    ],
    ["OPTION", /^mseLoss: mask must hold 0 and 1, got NaN/, () => mseLoss([1], [1], { mask: [Number.NaN] })],
    [
      "SHAPE_MISMATCH",
      /^mseLoss: expected mask of shape \[1, 2\] or \[1\], got \[2\]/,
      () => mseLoss([[1, 2]], [[1, 2]], { mask: [1, 1] }),
    ],
    [
      "OPTION",
      /^parameter must be a Parameter of this entry, got a Tensor/,
      () => init.zeros(Tensor.zeros([1]) as never),
    ],
    ["OPTION", /^parameter must be a Parameter/, () => init.orthogonal(undefined as never)],
    [
      "OPTION",
      /^value must be a finite number .*got undefined/,
      () => (init.constant as (p: unknown) => void)(matrix()),
    ],
    ["OPTION", /^value must be a finite number .*got 1e\+39/, () => init.constant(matrix(), 1e39)],
    ["OPTION", /^a must be a finite number/, () => init.uniform(matrix(), { a: Number.NaN })],
    ["OPTION", /^b must be at least a. Expected 0 or more, got -1/, () => init.uniform(matrix(), { b: -1 })],
    ["OPTION", /^b - a must be a finite number/, () => init.uniform(matrix(), { a: -3e38, b: 3e38 })],
    ["OPTION", /^std must be a finite number from 0 on, got -1/, () => init.normal(matrix(), { std: -1 })],
    ["OPTION", /^seed must be an integer from 0/, () => init.normal(matrix(), { seed: -1 })],
    ["OPTION", /^gain must be a finite number from 0 on/, () => init.xavierNormal(matrix(), { gain: Number.NaN })],
    ["OPTION", /^kaimingUniform: unknown option fan/, () => init.kaimingUniform(matrix(), { fan: 1 } as never)],
    [
      "OPTION",
      /^mode must be one of fanIn, fanOut, got "fan_in"/,
      () => init.kaimingUniform(matrix(), { mode: "fan_in" as never }),
    ],
    [
      "OPTION",
      /^nonlinearity must be one of linear, .* got "toString"/,
      () => init.kaimingNormal(matrix(), { nonlinearity: "toString" as never }),
    ],
    [
      "SHAPE_MISMATCH",
      /^parameter: expected a matrix \(rows, columns\), got shape \[2\]/,
      () => init.xavierUniform(new Parameter([1, 2])),
    ],
    ["SHAPE_MISMATCH", /got shape \[1, 1, 1\]/, () => init.orthogonal(new Parameter([[[1]]]))],
  ])("%s %s", expectError);

  it("init refuses a disposed parameter, and what it refuses it has not written", () => {
    const linear = new Linear({ inFeatures: 2, outFeatures: 2 });
    const [weight] = linear.parameters() as [Parameter];
    const before = [...weight.data];
    for (const [name, of] of Object.entries(init)) {
      const action = () => (of as (p: Parameter, o: unknown) => void)(weight, { seed: 0.5 });
      if (name !== "zeros" && name !== "ones") expectError("OPTION", /must be/, action);
    }
    expect([...weight.data]).toEqual(before);
    linear.dispose();
    for (const of of [init.zeros, init.uniform, init.xavierNormal, init.orthogonal]) {
      expectError("DISPOSED", /this Linear was disposed/, () => of(weight));
    }
  });

  it("functions read their arguments whole before they compute: a getter may compute, too", () => {
    const getting = (values: number[]) => ({
      get data() {
        softmax([9, 9, 9, 9, 9, 9, 9], 0);
        sigmoid([5, 5, 5, 5, 5]);
        return Float32Array.from(values);
      },
      shape: [values.length],
    });
    for (const of of [softmax, logSoftmax, sigmoid] as ((x: unknown, dim: number) => Tensor)[]) {
      expect(bits(of(getting([1, 2, 3]), 0))).toEqual(bits(of([1, 2, 3], 0)));
    }
    expect(cat([getting([1]), getting([2])]).toArray()).toEqual([1, 2]);
    expect(mseLoss(getting([1]), getting([2]), { mask: getting([1]) }).loss).toBe(1);
  });

  it("a chain has no place for an LSTMCell", () => {
    expectError("OPTION", /LSTMCell, which cannot stand in a chain/, () => {
      new Sequential(new LSTM({ inputSize: 1, hiddenSize: 1 }), new LSTMCell({ inputSize: 1, hiddenSize: 1 }) as never);
    });
  });
});
