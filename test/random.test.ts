import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { fillNormal, fillUniform, Mt19937, randomSeed, uniform24 } from "../ts/tensor/random.js";
import { Tensor } from "../ts/tensor/tensor.js";

interface Weights {
  seed: number;
  options: { hiddenSize: number };
  parameters: Record<string, number[]>;
}
const torch: {
  lstmWeights: Weights[];
  cellWeights: Weights[];
  gruWeights: Weights[];
  rnnWeights: Weights[];
  farRandn: { seed: number; size: number; at: number[]; data: number[] }[];
  randn: { seed: number; shape: number[]; data: number[] }[];
} = JSON.parse(readFileSync(new URL("fixtures/torch.json", import.meta.url), "utf8"));

describe("Mt19937", () => {
  test("draws what the published mt19937ar.c draws for seed 5489, across refills", () => {
    const mt = new Mt19937(5489);
    expect(mt.next()).toBe(3499211612);
    let last = 0;
    for (let i = 2; i <= 10000; i++) last = mt.next();
    // The value C++ demands of std::mt19937's 10000th draw.
    expect(last).toBe(4123659995);
  });

  test("takes the seed modulo 2^32, as torch.manual_seed does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 21 - 1 }), (low, high) => {
        expect(new Mt19937(high * 2 ** 32 + low).next()).toBe(new Mt19937(low).next());
      }),
    );
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "42", null, 1n])("refuses seed %s", (seed) => {
    expect(() => new Mt19937(seed as number)).toThrow(
      expect.objectContaining({ code: "OPTION", message: expect.stringContaining("seed must be an integer from 0") }),
    );
  });
});

test("uniform24 stays in [0, 1) and is a float32", () => {
  const mt = new Mt19937(1);
  for (let i = 0; i < 10000; i++) {
    const u = uniform24(mt);
    expect(u >= 0 && u < 1 && Math.fround(u) === u).toBe(true);
  }
});

describe("fillUniform", () => {
  test.each([...torch.lstmWeights, ...torch.cellWeights, ...torch.gruWeights, ...torch.rnnWeights])(
    "has PyTorch's weights to the bit: $seed $options",
    (recorded) => {
      const mt = new Mt19937(recorded.seed);
      for (const expected of Object.values(recorded.parameters)) {
        const actual = new Float32Array(expected.length);
        fillUniform(mt, actual, 1 / Math.sqrt(recorded.options.hiddenSize));
        expect(actual).toEqual(new Float32Array(expected));
      }
    },
  );
});

describe("Tensor.randn", () => {
  test.each(torch.randn)("follows torch.randn to rounding: seed $seed, $shape", ({ seed, shape, data }) => {
    const tensor = Tensor.randn(shape, { seed });
    expect(tensor.shape).toEqual(shape);
    expect(tensor.size).toBe(data.length);
    for (const [i, value] of tensor.data.entries()) expect(Math.abs(value - (data[i] as number))).toBeLessThan(1e-6);
  });

  test.each(torch.farRandn)(
    "follows it where the values are largest: seed $seed, $size",
    ({ seed, size, at, data }) => {
      const tensor = Tensor.randn([size], { seed });
      for (const [i, where] of at.entries()) {
        expect(Math.abs((tensor.data[where] as number) - (data[i] as number))).toBeLessThan(6e-7);
      }
    },
  );

  test("without a seed differs from call to call", () => {
    expect(Tensor.randn([8]).data).not.toEqual(Tensor.randn([8]).data);
  });

  test("is finite and about standard normal", () => {
    const values = new Float32Array(100_000);
    fillNormal(new Mt19937(3), values);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
  });

  test.each([{ seed: -1 }, { seed: "1" }, { seed: null }, { sead: 1 }, 42, null])("refuses options %j", (options) => {
    expect(() => Tensor.randn([2], options as object)).toThrow(expect.objectContaining({ code: "OPTION" }));
  });
});

describe("randomSeed", () => {
  afterEach(() => vi.unstubAllGlobals());

  test.each(["with crypto", "without crypto"])("draws a uint32 %s", (which) => {
    if (which === "without crypto") vi.stubGlobal("crypto", undefined);
    const seeds = Array.from({ length: 20 }, randomSeed);
    expect(new Set(seeds).size).toBeGreaterThan(10);
    for (const seed of seeds) expect(seed).toBe(seed >>> 0);
  });
});
