import { LSTM, type PackedSequence, packPaddedSequence, padPackedSequence, Tensor } from "lstm-wasm";
import { argmax, Embedding, Last, Linear, Module, padIndices, Sequential, softmax } from "lstm-wasm/nn";
import { Adam, clipGradNorm, crossEntropy, loadCheckpoint, saveCheckpoint } from "lstm-wasm/train";
import { expect, it } from "vitest";

/** Made-up sentences of 3 to 9 words: class 1 if word 1 is at the start or at the end, else 0. */
function sentences(count: number, sameLength?: number) {
  const draws = Tensor.randn([count, 12], { seed: 4 }).toArray(2);
  const words = draws.map(([length = 0, ...rest], index) => {
    const own = rest.slice(0, sameLength ?? 3 + (Math.floor(Math.abs(length) * 100) % 7));
    const sentence = own.map((x) => 2 + (Math.floor(Math.abs(x) * 100) % 8));
    if (index % 4 === 1) sentence[0] = 1;
    if (index % 4 === 3) sentence[sentence.length - 1] = 1;
    return sentence;
  });
  return { words, classes: words.map((_, index) => index % 2) };
}

it("a classifier of sentences of one length is a chain", () => {
  const { words, classes } = sentences(32, 7);
  const model = new Sequential({
    embedding: new Embedding({ numEmbeddings: 10, embeddingDim: 8, seed: 1 }),
    lstm: new LSTM({ inputSize: 8, hiddenSize: 12, bidirectional: true, batchFirst: true, forgetBias: 1, seed: 2 }),
    last: new Last({ bidirectional: true, batchFirst: true }),
    head: new Linear({ inFeatures: 24, outFeatures: 2, seed: 3 }),
  }).train();
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  let last = Infinity;
  for (let step = 0; step < 60; step++) {
    model.zeroGrad();
    const { loss, gradient } = crossEntropy(model.forward(words), classes); // (batch, seq) to (batch, classes)
    model.backward(gradient);
    clipGradNorm(model.parameters(), 1);
    optimizer.step();
    last = loss;
  }
  expect(last).toBeLessThan(0.05);

  const scores = model.eval().forward(words);
  expect([...argmax(scores, -1).data]).toEqual(classes);
  expect(softmax(scores, -1).select(1, 1).data[1]).toBeGreaterThan(0.9); // how probable class 1 is of sentence 1

  const dict = model.stateDict();
  const copy = Sequential.fromStateDict(dict, {
    embedding: Embedding,
    lstm: (all, options) => LSTM.fromStateDict(all, { ...options, batchFirst: true }),
    last: new Last({ bidirectional: true, batchFirst: true }),
    head: Linear,
  });
  expect(copy.forward(words)).toEqual(scores);
});

/** A classifier of sentences of any lengths, as one writes it in PyTorch: the packed batch is made in the middle. */
class Classifier extends Module {
  readonly embedding = new Embedding({ numEmbeddings: 10, embeddingDim: 8, paddingIdx: 0, seed: 1 });
  readonly lstm = new LSTM({ inputSize: 8, hiddenSize: 12, bidirectional: true, forgetBias: 1, seed: 2 });
  readonly head = new Sequential({
    last: new Last({ bidirectional: true }),
    linear: new Linear({ inFeatures: 24, outFeatures: 2, seed: 3 }),
  });

  forward(sentences: readonly (readonly number[])[]): Tensor {
    const lengths = sentences.map(({ length }) => length);
    const rows = this.embedding.forward(padIndices(sentences)); // (seq, batch, 8)
    const [output] = this.lstm.forward(packPaddedSequence(rows, lengths, { enforceSorted: false }));
    return this.head.forward<Tensor>(output); // (batch, 2)
  }

  backward(gradOutput: Tensor): void {
    const output = this.head.backward(gradOutput) as PackedSequence;
    const rows = this.lstm.backward(output).input;
    this.embedding.backward(padPackedSequence(rows)[0]);
  }
}

it("a classifier of sentences of any lengths packs them", () => {
  const { words, classes } = sentences(32);
  const model = new Classifier().train();
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  const step = () => {
    model.zeroGrad();
    const { loss, gradient } = crossEntropy(model.forward(words), classes);
    model.backward(gradient);
    clipGradNorm(model.parameters(), 1);
    optimizer.step();
    return loss;
  };
  const losses = Array.from({ length: 60 }, step);
  expect(losses.at(-1)).toBeLessThan(0.05);

  const scores = model.eval().forward(words);
  expect([...argmax(scores, -1).data]).toEqual(classes);
  // What stands beside a sentence in the batch changes not a bit.
  for (const [index, sentence] of words.slice(0, 4).entries()) {
    for (const [column, score] of model.forward([sentence]).data.entries())
      expect(score).toBe(scores.data[2 * index + column]);
  }

  const bytes = saveCheckpoint({ model, optimizer });
  model.train();
  const expected = [step(), step()];
  loadCheckpoint(bytes, { model, optimizer });
  expect([step(), step()]).toEqual(expected);
});
