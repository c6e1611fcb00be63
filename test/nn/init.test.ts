import { LSTM, Tensor } from "lstm-wasm";
import { Linear, Parameter } from "lstm-wasm/nn";
import { init } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { expectClose, records, tensor } from "./recorded.js";

// biome-ignore lint/suspicious/noExplicitAny: looked up by the names in the JSON
const named: Record<string, any> = init;
const values = ({ data, shape }: Parameter) => new Tensor(data, shape);

describe("init", () => {
  it.each(records("inits"))(
    "$name $options, seed $seed, $values.shape",
    ({ name, options, seed, values: expected }) => {
      const parameter = new Parameter(Tensor.randn(expected.shape, { seed: 1 }));
      expect(named[name](parameter, ...(options === null ? [] : [{ ...options, seed }]))).toBeUndefined();
      if (name === "orthogonal") expectClose(values(parameter), expected, 1e-5);
      else if (name.endsWith("ormal")) expectClose(values(parameter), expected);
      else expect(values(parameter)).toEqual(tensor(expected)); // to the bit
    },
  );

  it("has the gain of what follows the weight", () => {
    const draw = (nonlinearity: string, a?: number) => {
      const parameter = new Parameter(Tensor.zeros([3, 4]));
      init.kaimingUniform(parameter, { nonlinearity: nonlinearity as "relu", a, seed: 1 });
      return parameter.data[0] as number;
    };
    const linear = draw("linear");
    const gains = { sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, leakyRelu: Math.SQRT2 };
    for (const [name, gain] of Object.entries(gains)) expect(draw(name) / linear).toBeCloseTo(gain, 6);
    expect(draw("leakyRelu", 2) / linear).toBeCloseTo(Math.sqrt(2 / 5), 6);
  });

  it.each([
    [40, 40],
    [64, 10],
    [10, 64],
    [1, 5],
    [5, 1],
  ])("orthogonal of (%d, %d) has orthonormal rows or columns", (rows, columns) => {
    const parameter = new Parameter(Tensor.zeros([rows, columns]));
    init.orthogonal(parameter, { gain: 3, seed: 5 });
    const { data } = parameter;
    const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
    const at = (vector: number, i: number) =>
      data[rows < columns ? vector * columns + i : i * columns + vector] as number;
    for (let v = 0; v < count; v++) {
      for (let w = 0; w <= v; w++) {
        let dot = 0;
        for (let i = 0; i < length; i++) dot += at(v, i) * at(w, i);
        expect(dot).toBeCloseTo(v === w ? 9 : 0, 5);
      }
    }
  });

  it("draws by chance without a seed", () => {
    const parameter = new Parameter(Tensor.zeros([4, 4]));
    const draws = [init.uniform, init.normal, init.xavierUniform, init.kaimingNormal, init.orthogonal].map((of) => {
      const [first, second] = [0, 0].map(() => {
        of(parameter);
        return [...parameter.data];
      });
      expect(first).not.toEqual(second);
      return first;
    });
    expect(draws.flat().every(Number.isFinite)).toBe(true);
  });

  it("of a module's parameter is what its forward uses, kept arrays and all", () => {
    const linear = new Linear({ inFeatures: 2, outFeatures: 1 });
    const [weight, bias] = linear.parameters() as [Parameter, Parameter];
    const kept = weight.data;
    init.constant(weight, 2);
    init.zeros(bias);
    expect([...kept]).toEqual([2, 2]);
    expect([...linear.forward([1, 4]).data]).toEqual([10]);
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 3, seed: 1 });
    for (const parameter of lstm.parameters()) init.zeros(parameter);
    expect(lstm.forward([[1, 1]])[0]).toEqual(Tensor.zeros([1, 3]));
  });
});
