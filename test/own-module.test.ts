/** Modules written against the published types alone. */
import { LSTM, type PackedSequence, packSequence, Tensor } from "lstm-wasm";
import { Linear, Module, Parameter, Sequential } from "lstm-wasm/nn";
import { Adam, clipGradNorm, loadCheckpoint, mseLoss, saveCheckpoint } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { bits, refuses, wave } from "./support/refusal.js";

/** Layer normalisation of each row, `torch.nn.LayerNorm`, which keeps its last forward only. */
class LayerNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  #normal = new Float32Array();
  #scale = new Float32Array();

  constructor(readonly size: number) {
    super();
    this.weight = new Parameter(new Float32Array(size).fill(1));
    this.bias = new Parameter(new Float32Array(size));
  }

  forward(input: Tensor): Tensor {
    const { size } = this;
    const [weight, bias] = [this.weight.data, this.bias.data];
    this.#normal = input.data.slice();
    this.#scale = new Float32Array(input.size / size);
    const output = new Float32Array(input.size);
    for (let row = 0; row < input.size / size; row++) {
      const values = this.#normal.subarray(row * size, (row + 1) * size);
      const mean = values.reduce((sum, x) => sum + x, 0) / size;
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size;
      const scale = 1 / Math.sqrt(variance + 1e-5);
      this.#scale[row] = scale;
      for (let j = 0; j < size; j++) {
        values[j] = ((values[j] as number) - mean) * scale;
        output[row * size + j] = (values[j] as number) * (weight[j] as number) + (bias[j] as number);
      }
    }
    return new Tensor(output, input.shape);
  }

  backward(gradOutput: Tensor): Tensor {
    const { size } = this;
    const [weight, dWeight, dBias] = [
      this.weight.data,
      this.weight.grad as Float32Array,
      this.bias.grad as Float32Array,
    ];
    const dInput = new Float32Array(gradOutput.size);
    for (let row = 0; row < gradOutput.size / size; row++) {
      let [sum, product] = [0, 0];
      for (let j = 0; j < size; j++) {
        const at = row * size + j;
        const [d, x] = [gradOutput.data[at] as number, this.#normal[at] as number];
        dWeight[j] = (dWeight[j] as number) + d * x;
        dBias[j] = (dBias[j] as number) + d;
        sum += d * (weight[j] as number);
        product += d * (weight[j] as number) * x;
      }
      for (let j = 0; j < size; j++) {
        const at = row * size + j;
        const d = (gradOutput.data[at] as number) * (weight[j] as number);
        dInput[at] = (this.#scale[row] as number) * (d - sum / size - ((this.#normal[at] as number) * product) / size);
      }
    }
    return new Tensor(dInput, gradOutput.shape);
  }
}

/** The last step of (seq, batch, H); without parameters, disposal or anything else of its own. */
class Last extends Module {
  #shape: readonly number[] = [];

  forward(input: Tensor): Tensor {
    this.#shape = input.shape;
    return input.select(0, -1);
  }

  backward(gradOutput: Tensor): { input: Tensor } {
    const input = Tensor.zeros(this.#shape);
    input.data.set(gradOutput.data, input.size - gradOutput.size);
    return { input };
  }
}

const chain = () =>
  new Sequential({
    lstm: new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 }),
    norm: new LayerNorm(4),
    last: new Last(),
    head: new Linear({ inFeatures: 4, outFeatures: 1, seed: 2 }),
  });
const X = new Tensor(wave(60), [5, 4, 3]);
const TARGET = [[0.5], [-0.5], [0.25], [1]];

describe("a module of one's own", () => {
  it("has its parameters by the names of its properties, and its state dict", () => {
    const model = chain();
    expect(model.namedParameters().map(([name]) => name)).toEqual([
      ...["lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0"],
      ...["norm.weight", "norm.bias", "head.weight", "head.bias"],
    ]);
    const dict = { ...model.stateDict(), "norm.bias": [1, 2, 3, 4] };
    model.loadStateDict(dict);
    expect(model.stateDict()["norm.bias"]?.data).toEqual(Float32Array.of(1, 2, 3, 4));
    refuses(() => model.loadStateDict({ ...dict, "norm.bias": [1] }), "STATE_DICT", "norm.bias", "[4]");
  });

  it("prints what it is made of", () => {
    class Tagger extends Module {
      readonly lstm = new LSTM({ inputSize: 3, hiddenSize: 4 });
      readonly head = new Sequential({ norm: new LayerNorm(4), linear: new Linear({ inFeatures: 4, outFeatures: 2 }) });
    }
    const lines = [
      "Tagger({",
      "  lstm: LSTM({ inputSize: 3, hiddenSize: 4 }),",
      "  head: Sequential({",
      "    norm: LayerNorm(),",
      "    linear: Linear({ inFeatures: 4, outFeatures: 2 })",
      "  })",
      "})",
    ];
    expect(String(new Tagger())).toBe(lines.join("\n"));
  });

  it("has the gradients of finite differences", () => {
    const model = chain().train();
    const norm = model.modules.norm as unknown as LayerNorm;
    norm.weight.set(wave(4, 1));
    norm.bias.set(wave(4, 2));
    const loss = () => {
      const result = mseLoss(model.forward(X), TARGET);
      model.discardPending();
      return result.loss;
    };
    const output = model.forward(X);
    model.backward(mseLoss(output, TARGET).gradient);
    for (const [name, { data, grad }] of model.namedParameters()) {
      const [own, slope] = [data[0] as number, (grad as Float32Array)[0] as number];
      const sides = [1e-2, -1e-2].map((step) => {
        model.parameters()[model.namedParameters().findIndex(([other]) => other === name)]?.data.set([own + step]);
        return loss();
      });
      model.parameters()[model.namedParameters().findIndex(([other]) => other === name)]?.data.set([own]);
      expect(((sides[0] as number) - (sides[1] as number)) / 2e-2).toBeCloseTo(slope, 3);
    }
  });

  it("trains: optimisers, clipping, modes and checkpoints take it", () => {
    const model = chain().train();
    expect(Object.values(model.modules).every(({ training }) => training)).toBe(true);
    const optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const step = () => {
      model.zeroGrad();
      const { loss, gradient } = mseLoss(model.forward(X), TARGET);
      model.backward(gradient);
      clipGradNorm(model.parameters(), 5);
      optimizer.step();
      return loss;
    };
    const losses = Array.from({ length: 60 }, step);
    expect(losses.at(-1)).toBeLessThan(0.1 * (losses[0] as number));
    const bytes = saveCheckpoint({ model, optimizer });
    const expected = Array.from({ length: 3 }, step);
    loadCheckpoint(bytes, { model, optimizer });
    expect(Array.from({ length: 3 }, step)).toEqual(expected);
  });

  it("maps the rows of a packed batch, or takes the batch as it is", () => {
    const batch = packSequence([X.select(1, 0), X.select(1, 1).slice(0, 0, 2)]);
    const rows = new Sequential(new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 }), new LayerNorm(4));
    expect((rows.forward(batch) as PackedSequence).batchSizes).toEqual(batch.batchSizes);
    class Count extends Module {
      override get takesPacked() {
        return true;
      }
      forward(packed: PackedSequence): Tensor {
        return new Tensor(Float32Array.of(packed.batch));
      }
      backward(): void {}
    }
    expect(bits(new Sequential(new Count()).forward(batch) as never)).toEqual(bits(Float32Array.of(2)));
  });

  it("disposes what it is made of, and a disposed one says so", () => {
    const model = chain();
    const optimizer = new Adam(model.parameters());
    model.dispose();
    model.dispose();
    refuses(() => (model.modules.norm as unknown as LayerNorm).weight.data, "DISPOSED", "this Parameter was disposed");
    refuses(() => optimizer.step(), "DISPOSED");
    refuses(() => model.stateDict(), "DISPOSED");
  });
});
