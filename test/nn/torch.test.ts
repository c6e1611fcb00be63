import { Tensor } from "lstm-wasm";
import { argmax, cat, LayerNorm, logSoftmax, Sigmoid, Softmax, sigmoid, softmax, stack } from "lstm-wasm/nn";
import { huberLoss, l1Loss, mseLoss } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { bits } from "../support/refusal.js";
import { expectClose, record, records, tensor } from "./recorded.js";

describe("LayerNorm", () => {
  it.each(records("layerNorm"))("forward and backward, twice: $options", (recorded) => {
    const norm = new LayerNorm(recorded.options).train();
    norm.loadStateDict(Object.fromEntries(Object.keys(recorded.state).map((n) => [n, tensor(recorded.state[n])])));
    for (const times of [1, 2]) {
      expectClose(norm.forward(tensor(recorded.input)), recorded.output);
      expectClose(norm.backward(tensor(recorded.gradOutput)), recorded.gradInput, 3e-6);
      for (const [name, { grad, shape }] of norm.namedParameters()) {
        const { data } = recorded.grads[name];
        expectClose(new Tensor(grad as Float32Array, shape), { shape, data: data.map((d: number) => times * d) });
      }
    }
  });

  it("has the parameters that its options say", () => {
    const names = (options: object) => new LayerNorm({ normalizedShape: 3, ...options }).parameters().length;
    expect([names({}), names({ bias: false }), names({ elementwiseAffine: false })]).toEqual([2, 1, 0]);
    const { weight, bias } = new LayerNorm({ normalizedShape: [1, 2] });
    expect([weight?.shape, [...(weight?.data ?? [])]]).toEqual([
      [1, 2],
      [1, 1],
    ]);
    expect([bias?.shape, [...(bias?.data ?? [])]]).toEqual([
      [1, 2],
      [0, 0],
    ]);
  });

  it("of no rows is no rows", () => {
    const norm = new LayerNorm({ normalizedShape: 3 }).train();
    expect(norm.forward(Tensor.zeros([0, 3])).shape).toEqual([0, 3]);
    expect(norm.backward(Tensor.zeros([0, 3])).shape).toEqual([0, 3]);
  });
});

describe("softmax", () => {
  it.each(records("softmax"))("of $input.shape along $dim, its logarithm and the module", (recorded) => {
    const input = tensor(recorded.input);
    expectClose(softmax(input, recorded.dim), recorded.output);
    expectClose(logSoftmax(input, recorded.dim), recorded.log);
    const module = new Softmax({ dim: recorded.dim }).train();
    expect(bits(module.forward(input))).toEqual(bits(softmax(input, recorded.dim)));
    expectClose(module.backward(tensor(recorded.gradOutput)), recorded.gradInput);
  });

  it("of extremes: large, infinite, NaN, subnormal", () => {
    const { input, output, log } = record("extremes");
    expectClose(softmax(tensor(input), 1), output);
    const logarithms = logSoftmax(tensor(input), -1);
    // Row by row: each has a size of its own.
    for (let row = 0; row < input.shape[0]; row++) {
      expectClose(logarithms.select(0, row), { shape: [3], data: log.data.slice(3 * row, 3 * row + 3) });
    }
  });

  it("leaves its argument alone, and its result is nobody else's", () => {
    const module = new Softmax().train();
    const input = new Tensor([1, 2, 3]);
    const output = module.forward(input);
    expect([...input.data]).toEqual([1, 2, 3]);
    output.data.fill(7); // what backward needs is kept apart
    const [a, b, c] = softmax(input, 0).data as unknown as [number, number, number];
    expectClose(module.backward([1, 0, 0]), { shape: [3], data: [a * (1 - a), -a * b, -a * c] });
  });
});

describe("sigmoid", () => {
  it("is the function's and the module's, forward and backward", () => {
    const { input, output, gradOutput, gradInput } = record("sigmoid");
    expectClose(sigmoid(tensor(input)), output);
    const module = new Sigmoid().train();
    const own = module.forward(tensor(input));
    expect(bits(own)).toEqual(bits(sigmoid(tensor(input))));
    own.data.fill(7);
    expectClose(module.backward(tensor(gradOutput)), gradInput);
  });

  it("of no values, and of one without dimensions", () => {
    expect(sigmoid(Tensor.zeros([2, 0])).shape).toEqual([2, 0]);
    expect(sigmoid(new Tensor([0], []))).toEqual(new Tensor([0.5], []));
  });
});

describe("cat and stack", () => {
  it.each(records("joined"))("$of along $dim of $tensors.length", ({ of, dim, tensors, output }) => {
    const result = (of === "cat" ? cat : stack)(tensors.map(tensor), dim);
    expect(result).toEqual(tensor(output));
  });

  it("take nested arrays, and their result shares nothing with what was given", () => {
    expect(cat([[1, 2], [3]]).toArray()).toEqual([1, 2, 3]);
    expect(stack([[1, 2], Float32Array.of(3, 4)]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const only = new Tensor([1, 2]);
    for (const result of [cat([only]), stack([only])]) expect(result.data.buffer).not.toBe(only.data.buffer);
  });
});

describe("argmax", () => {
  it.each(records("argmax"))("of $input.shape along $dim", ({ input, dim, shape, data }) => {
    expect(argmax(tensor(input), dim)).toEqual({ data: Int32Array.from(data), shape });
  });
});

describe("losses", () => {
  const losses = { mseLoss, l1Loss, huberLoss };
  it.each(records("losses"))("$name $options, mask $mask.shape", ({ name, options, mask, ...recorded }) => {
    const of = losses[name as keyof typeof losses];
    const masked = mask === null ? options : { ...options, mask: tensor(mask) };
    const { loss, gradient } = of(tensor(recorded.input), tensor(recorded.target), masked);
    expectClose(new Tensor([loss]), { shape: [1], data: [recorded.loss] });
    expectClose(gradient, recorded.gradient);
  });

  it.each(Object.entries(losses))("%s does not look at what its mask leaves out, and of nothing is NaN", (_, of) => {
    const [input, target] = [
      [1, NaN, 3, Infinity],
      [1.5, 2, NaN, 1],
    ];
    const { loss, gradient } = of(input, target, { mask: [1, 0, 0, 0], reduction: "sum" });
    expect(loss).toBe(of([1], [1.5]).loss);
    expect([...gradient.data].slice(1)).toEqual([0, 0, 0]);
    // As PyTorch's mean of no values.
    expect(of(input, target, { mask: [0, 0, 0, 0] }).loss).toBeNaN();
    expect(of(Tensor.zeros([0]), Tensor.zeros([0])).loss).toBeNaN();
    expect(of(input, target, { mask: [0, 0, 0, 0], reduction: "sum" })).toEqual({
      loss: 0,
      gradient: Tensor.zeros([4]),
    });
  });

  it("of one column take a mask with that column or without, and no other", () => {
    const [input, target] = [Tensor.zeros([3, 1]), new Tensor([1, 2, 3], [3, 1])];
    for (const mask of [
      [1, 0, 1],
      [[1], [0], [1]],
    ])
      expect(mseLoss(input, target, { mask }).loss).toBe(5);
    for (const mask of [[1, 0], [[1, 0, 1]], [1, 0, 1, 1]]) {
      expect(() => mseLoss(input, target, { mask })).toThrow(/expected mask of shape \[3, 1\] or \[3\]/);
    }
    expect(mseLoss(new Tensor([2], []), new Tensor([0], []), { mask: new Tensor([1], []) }).loss).toBe(4);
    const scalar = new Tensor([2], []);
    expect(() => mseLoss(scalar, scalar, { mask: [1] })).toThrow(/expected mask of shape \[\], got \[1\]/);
  });
});
