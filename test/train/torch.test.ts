import { readFileSync } from "node:fs";
import { LSTM, type PackedSequence, packSequence, padPackedSequence, Tensor } from "lstm-wasm";
import * as nn from "lstm-wasm/nn";
import { Embedding, Linear, Sequential } from "lstm-wasm/nn";
import * as train from "lstm-wasm/train";
import { describe, expect, it } from "vitest";

// Recorded from PyTorch by test/fixtures/train.py.
// biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes
const recorded: Record<string, any> = JSON.parse(
  readFileSync(new URL("../fixtures/train.json", import.meta.url), "utf8"),
);

interface Values {
  data: number[];
  shape: number[];
}
// biome-ignore lint/suspicious/noExplicitAny: as above
const cases = (name: string): Record<string, any>[] => recorded[name];
// biome-ignore lint/suspicious/noExplicitAny: looked up by the names in the JSON
const exported: Record<string, any> = { ...nn, ...train };
const tensor = ({ data, shape }: Values) => new Tensor(data, shape);
const options = (o: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(o).map(([k, v]) => [k, Array.isArray(v) && k !== "betas" && k !== "milestones" ? new Tensor(v) : v]),
  );

/** Within 1e-6 of the largest magnitude. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6) {
  expect(actual.length).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs), 1e-6);
  const error = Math.max(...Array.from(expected, (value, i) => Math.abs(value - (actual[i] as number))));
  expect(error / largest).toBeLessThanOrEqual(tolerance);
}

/** Gives a linear layer of 3 to 2 gradients that were recorded. */
function setGradients(linear: Linear, gradients: Record<string, number[]>) {
  for (const [name, parameter] of linear.namedParameters()) parameter.grad?.set(gradients[name] as number[]);
}

function smallLinear(start?: Record<string, Values>) {
  const linear = new Linear({ inFeatures: 3, outFeatures: 2 }).train();
  linear.forward([0, 0, 0]);
  if (start) linear.loadStateDict(Object.fromEntries(Object.entries(start).map(([name, v]) => [name, tensor(v)])));
  return linear;
}

describe("seeded weights", () => {
  it.each(cases("linearWeights"))("of Linear, bit for bit: $options", ({ seed, options, parameters }) => {
    const actual = new Linear({ ...options, seed }).namedParameters().map(([name, { data }]) => [name, [...data]]);
    expect(actual).toEqual(Object.entries(parameters).map(([name, v]) => [name, (v as number[]).map(Math.fround)]));
  });

  it.each(cases("embeddingWeights"))("of Embedding: $options", ({ seed, options, parameters }) => {
    expectClose(new Embedding({ ...options, seed }).parameters()[0]?.data ?? [], parameters.weight);
  });
});

describe("layers", () => {
  it.each(cases("linear"))("Linear forward and backward: $options", (record) => {
    const linear = new Linear(record.options).train();
    linear.loadStateDict(Object.fromEntries(Object.entries(record.state).map(([n, v]) => [n, tensor(v as Values)])));
    for (const times of [1, 2]) {
      const output = linear.forward(tensor(record.input));
      expect(output.shape).toEqual(record.output.shape);
      expectClose(output.data, record.output.data);
      const gradient = linear.backward(tensor(record.gradOutput));
      expect(gradient.shape).toEqual(record.input.shape);
      expectClose(gradient.data, record.gradInput.data);
      for (const [name, { grad }] of linear.namedParameters()) {
        expectClose(
          grad ?? [],
          record.grads[name].map((value: number) => times * value),
        );
      }
    }
  });

  it("Embedding forward and backward", () => {
    const { weight, indices, output, gradOutput, grad } = recorded.embedding;
    const embedding = new Embedding({ numEmbeddings: 7, embeddingDim: 5, paddingIdx: 2 }).train();
    embedding.loadStateDict({ weight: tensor(weight) });
    expect(embedding.forward(indices)).toEqual(tensor(output));
    expect(embedding.backward(tensor(gradOutput))).toBeUndefined();
    expectClose(embedding.parameters()[0]?.grad ?? [], grad);
  });
});

describe("losses", () => {
  it.each(cases("crossEntropy"))("crossEntropy: $options", (record) => {
    const { loss, gradient } = train.crossEntropy(tensor(record.input), record.target, options(record.options));
    expectClose([loss], [record.loss]);
    expectClose(gradient.data, record.gradient);
  });

  it.each(cases("elementwise"))("$name: $options", (record) => {
    const of = exported[record.name];
    const { loss, gradient } = of(tensor(record.input), tensor(record.target), options(record.options));
    expectClose([loss], [record.loss]);
    expectClose(gradient.data, record.gradient);
  });
});

describe("optimisers", () => {
  it.each(cases("optimizers"))("$name: $options", (record) => {
    const linear = smallLinear(record.start);
    const optimizer = new exported[record.name](linear.parameters(), record.options);
    for (const [step, gradients] of record.gradients.entries()) {
      setGradients(linear, gradients);
      optimizer.step();
      for (const [name, { data }] of linear.namedParameters()) expectClose(data, record.steps[step][name]);
    }
  });

  it.each(cases("groups"))("$name with groups, under a schedule: $weight, $bias", (record) => {
    const linear = smallLinear(record.start);
    const [weight, bias] = linear.parameters();
    const optimizer = new exported[record.name](
      [
        { params: [weight], ...record.weight },
        { params: bias, ...record.bias },
      ],
      record.options,
    );
    const schedule = new train.CosineAnnealingLR(optimizer, { tMax: 3, etaMin: 0.001 });
    for (const [step, gradients] of record.gradients.entries()) {
      setGradients(linear, gradients);
      optimizer.step();
      schedule.step();
      const rates = optimizer.paramGroups.map(({ lr }: { lr: number }) => lr);
      expectClose(rates, record.rates[step], 1e-12);
      for (const [name, { data }] of linear.namedParameters()) expectClose(data, record.steps[step][name]);
    }
  });

  // biome-ignore lint/suspicious/noExplicitAny: as above
  it.each(recorded.clip.norms as Record<string, any>[])("clipGradNorm of type $normType", (record) => {
    const linear = smallLinear();
    setGradients(linear, recorded.clip.gradients);
    const normType = record.normType === "inf" ? Number.POSITIVE_INFINITY : Number(record.normType);
    const read = train.clipGradNorm(linear.parameters(), Number.POSITIVE_INFINITY, { normType });
    for (const [name, { grad }] of linear.namedParameters()) {
      expect([...(grad ?? [])]).toEqual(recorded.clip.gradients[name].map(Math.fround));
    }
    expect(train.clipGradNorm(linear.parameters(), recorded.clip.maxNorm, { normType })).toBe(read);
    expectClose([read], [record.norm]);
    for (const [name, { grad }] of linear.namedParameters()) expectClose(grad ?? [], record.clipped[name]);
  });

  it("clipGradNorm", () => {
    const { gradients, maxNorm, norm, clipped } = recorded.clip;
    const linear = smallLinear();
    setGradients(linear, gradients);
    expectClose([train.clipGradNorm(linear.parameters(), maxNorm)], [norm]);
    for (const [name, { grad }] of linear.namedParameters()) expectClose(grad ?? [], clipped[name]);
    train.clipGradValue(linear.parameters(), 0.2);
    for (const [name, { grad }] of linear.namedParameters()) {
      expectClose(
        grad ?? [],
        clipped[name].map((value: number) => Math.max(-0.2, Math.min(0.2, value))),
      );
    }
  });
});

describe("schedules", () => {
  it.each(cases("schedules"))("$name: $options", ({ name, options, rates }) => {
    const optimizer = new train.SGD(smallLinear().parameters(), { lr: 0.1 });
    const schedule = new exported[name](optimizer, options);
    const actual = [optimizer.lr];
    while (actual.length < rates.length) {
      schedule.step();
      actual.push(optimizer.lr);
    }
    expectClose(actual, rates, 1e-12);
  });

  it("two on one optimiser, the second past its restart", () => {
    const optimizer = new train.SGD(smallLinear().parameters(), { lr: 0.1 });
    const schedules = [
      new train.LinearLR(optimizer, { startFactor: 1 / 3, totalIters: 2 }),
      new train.CosineAnnealingLR(optimizer, { tMax: 4 }),
    ];
    const actual = [optimizer.lr];
    while (actual.length < recorded.chained.length) {
      for (const schedule of schedules) schedule.step();
      actual.push(optimizer.lr);
    }
    expectClose(actual, recorded.chained, 1e-12);
  });

  it("ReduceLROnPlateau takes an infinite first metric as no improvement, as PyTorch 2.15 does", () => {
    const optimizer = new train.SGD(smallLinear().parameters(), { lr: 1 });
    const schedule = new train.ReduceLROnPlateau(optimizer, { patience: 0 });
    const actual = [Number.POSITIVE_INFINITY, 3, 2, 5].map((metric) => {
      schedule.step(metric);
      // As a checkpoint would: through JSON.
      schedule.loadStateDict(JSON.parse(JSON.stringify(schedule.stateDict())));
      return optimizer.lr;
    });
    expectClose(actual, [0.1, 0.1, 0.1, 0.01], 1e-12);
  });

  it.each(cases("plateaus"))("ReduceLROnPlateau: $options", ({ options, metrics, rates }) => {
    const optimizer = new train.SGD(smallLinear().parameters(), { lr: 0.1 });
    const schedule = new train.ReduceLROnPlateau(optimizer, options);
    const actual = metrics.map((metric: number) => {
      schedule.step(metric);
      return optimizer.lr;
    });
    expectClose(actual, rates, 1e-12);
  });
});

describe("a whole training", () => {
  it.each(cases("trajectories"))("has PyTorch's losses: $name $options", (record) => {
    const model = new Sequential({
      embedding: new Embedding({ numEmbeddings: 12, embeddingDim: 6, paddingIdx: 0 }),
      lstm: new LSTM({ inputSize: 6, hiddenSize: 8, bidirectional: true }),
      linear: new Linear({ inFeatures: 16, outFeatures: 3 }),
    }).train();
    model.loadStateDict(Object.fromEntries(Object.entries(record.state).map(([n, v]) => [n, tensor(v as Values)])));
    const optimizer = new exported[record.name](model.parameters(), record.options);
    const losses = record.losses.map(() => {
      optimizer.zeroGrad();
      const output = model.forward(record.tokens as number[][]);
      const { loss, gradient } = train.crossEntropy(output, record.target);
      model.backward(gradient);
      train.clipGradNorm(model.parameters(), 0.5);
      optimizer.step();
      return loss;
    });
    for (const [step, loss] of losses.entries()) expectClose([loss], [record.losses[step]], 1e-4);
    expect(losses[losses.length - 1]).toBeLessThan(0.7 * losses[0]);
  });
});

describe("a chain over a packed batch", () => {
  it("is the chain over each sequence alone, forward and backward", () => {
    const make = () =>
      new Sequential([
        new LSTM({ inputSize: 3, hiddenSize: 4, bidirectional: true, seed: 1 }),
        new nn.Tanh(),
        new Linear({ inFeatures: 8, outFeatures: 2, seed: 2 }),
      ]).train();
    const sequences = [2, 5, 3].map((length) => Tensor.randn([length, 3], { seed: length }));
    const [packed, single] = [make(), make()];
    const output = packed.forward(packSequence(sequences, { enforceSorted: false }));
    const gradient = packed.backward(output) as PackedSequence;
    const [outputs, gradients] = [output, gradient].map((batch) => padPackedSequence(batch, { batchFirst: true })[0]);
    for (const [index, sequence] of sequences.entries()) {
      const length = sequence.shape[0] as number;
      const of = (batch: Tensor | undefined) => batch?.select(0, index).slice(0, 0, length);
      const alone = single.forward(sequence);
      expect(of(outputs)).toEqual(alone);
      expect(of(gradients)).toEqual(single.backward(alone));
    }
    for (const [index, { grad }] of packed.parameters().entries()) {
      expectClose(grad ?? [], single.parameters()[index]?.grad ?? [], 4e-6);
    }
  });
});
