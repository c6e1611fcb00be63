/** Indices of sequences of different lengths: packed, they go through an Embedding, alone and in a chain. */
import {
  LSTM,
  PackedSequence,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  Tensor,
} from "lstm-wasm";
import { Embedding, Last, Linear, padIndices, Sequential } from "lstm-wasm/nn";
import { Adam, crossEntropy } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { bits, expectError } from "../support/refusal.js";

const sentences = [
  [3, 1, 4, 1, 5],
  [9, 2],
  [6, 5, 3],
  [5, 8, 9, 7],
];
const lengths = sentences.map(({ length }) => length);
const unsorted = { enforceSorted: false };
const embedding = () => new Embedding({ numEmbeddings: 10, embeddingDim: 4, paddingIdx: 1, seed: 1 });

describe("packing", () => {
  it("takes indices as padIndices makes them, as arrays, and sequence by sequence", () => {
    const expected = packPaddedSequence(padSequence(sentences), lengths, unsorted);
    expect([...expected.data.data]).toEqual([3, 5, 6, 9, 1, 8, 5, 2, 4, 9, 3, 1, 7, 5]);
    const batchFirst = true;
    const same = [
      packPaddedSequence(padIndices(sentences), lengths, unsorted),
      packPaddedSequence(padIndices(sentences, { batchFirst }), lengths, { ...unsorted, batchFirst }),
      packSequence(sentences, unsorted),
      packSequence(
        sentences.map((ids) => Int32Array.from(ids)),
        unsorted,
      ),
      packSequence(
        sentences.map((ids) => ({ data: Int32Array.from(ids), shape: [ids.length] })),
        unsorted,
      ),
    ];
    for (const packed of same) expect(packed).toEqual(expected);
  });

  it("refuses an integer that float32 does not hold, by name", () => {
    const large = Int32Array.of(2 ** 24, 2 ** 24 + 1);
    const message = /packed values are float32, which holds no 16777217/;
    expectError("DTYPE", new RegExp(`^sequences\\[1\\]: ${message.source}`), () =>
      packSequence([Int32Array.of(1, 2), large]),
    );
    expectError("DTYPE", new RegExp(`^input: ${message.source}`), () =>
      packPaddedSequence({ data: large, shape: [2, 1] }, [2]),
    );
    expect([...packSequence([large.subarray(0, 1)]).data.data]).toEqual([2 ** 24]);
  });

  it("still refuses other integers, and makes no float tensor of indices by padding", () => {
    expectError("DTYPE", /^sequences\[0\] must be a Float32Array, got an Int32Array/, () =>
      padSequence([Int32Array.of(1)] as never),
    );
    expectError("DTYPE", /^input must be a Float32Array, got an Int16Array/, () =>
      packPaddedSequence(Int16Array.of(1) as never, [1]),
    );
  });
});

describe("Embedding of packed indices", () => {
  it("has the bits of the padded forward and backward", () => {
    const [whole, packedOne] = [embedding().train(), embedding().train()];
    const rows = whole.forward(padIndices(sentences));
    const packed = packSequence(sentences, unsorted);
    const output = packedOne.forward(packed);
    expect(output).toEqual(packPaddedSequence(rows, lengths, unsorted));

    const gradient = Tensor.randn(output.data.shape, { seed: 3 });
    const packedGradient = new PackedSequence(gradient, packed.batchSizes, packed.sortedIndices);
    packedOne.backward(packedGradient);
    whole.backward(padPackedSequence(packedGradient)[0]);
    const grads = [whole, packedOne].map((module) => module.parameters()[0]?.grad as Float32Array);
    // Rows of one index are added in another order.
    for (const [i, value] of (grads[0] as Float32Array).entries()) expect(grads[1]?.[i]).toBeCloseTo(value, 5);
    expect([...(grads[1] as Float32Array).subarray(4, 8)]).toEqual([0, 0, 0, 0]); // of paddingIdx
  });

  it("keeps several packed forwards apart by their outputs", () => {
    const module = embedding().train();
    const outputs = [packSequence([[2, 3]]), packSequence([[4]])].map((ids) => module.forward(ids));
    for (const of of [...outputs].reverse()) module.backward(of, { of });
    const grad = module.parameters()[0]?.grad as Float32Array;
    expect([...grad.subarray(8, 20)]).toEqual(outputs.flatMap(({ data }) => [...data.data]));
  });

  it("refuses what is no index, and a gradient that was packed otherwise, and then goes on", () => {
    const module = embedding().train();
    const packed = (...ids: number[]) => packSequence([ids]);
    expectError("DTYPE", /^indices.data\[1\] must be an integer of 32 bits, got 0.5/, () =>
      module.forward(packed(1, 0.5)),
    );
    expectError("OPTION", /^indices.data\[2\] must be an index from 0 to 9, got 10/, () =>
      module.forward(packed(1, 2, 10)),
    );
    const output = module.forward(packSequence([[2, 3], [4]]));
    const { data, batchSizes } = output;
    expectError("SHAPE_MISMATCH", /^gradOutput: expected a PackedSequence, as the output/, () => module.backward(data));
    expectError("LENGTHS", /^gradOutput was packed from other lengths/, () =>
      module.backward(packSequence([Tensor.zeros([3, 4])])),
    );
    batchSizes.fill(1); // the caller's array, and not what backward compares with
    module.backward(packSequence([Tensor.zeros([2, 4]), Tensor.zeros([1, 4])]));
    module.forward([1, 2, 3]);
    expectError("SHAPE_MISMATCH", /^gradOutput: expected a tensor, .*padPackedSequence makes one/, () =>
      module.backward(packSequence([data])),
    );
    expectError("DISPOSED", /this Embedding was disposed/, () => {
      module.dispose();
      module.forward(packed(1));
    });
  });

  it("refuses a table of more rows than float32 tells apart", () => {
    const weight = new Tensor(new Float32Array(2 ** 24 + 1), [2 ** 24 + 1, 1]);
    const module = Embedding.fromStateDict({ weight });
    expectError("OPTION", /^indices: packed values are float32, .* numEmbeddings is 16777217/, () =>
      module.forward(packSequence([[1]])),
    );
    module.dispose();
  });
});

describe("a classifier of sentences of different lengths", () => {
  it("is one chain, whose scores are those of each sentence alone, and learns", () => {
    const model = new Sequential({
      embedding: embedding(),
      lstm: new LSTM({ inputSize: 4, hiddenSize: 8, bidirectional: true, seed: 2 }),
      last: new Last({ bidirectional: true }),
      head: new Linear({ inFeatures: 16, outFeatures: 2, seed: 3 }),
    });
    const scores = model.forward<Tensor>(packSequence(sentences, unsorted));
    for (const [b, ids] of sentences.entries()) {
      const alone = model.forward(padIndices([ids]));
      expect(bits(alone)).toEqual(bits(scores.slice(0, b, b + 1)));
    }
    const optimizer = new Adam(model.train().parameters(), { lr: 0.05 });
    let last = Infinity;
    for (let step = 0; step < 60; step++) {
      optimizer.zeroGrad();
      const { loss, gradient } = crossEntropy(model.forward<Tensor>(packSequence(sentences, unsorted)), [0, 1, 1, 0]);
      expect(model.backward(gradient)).toBeUndefined();
      optimizer.step();
      last = loss;
    }
    expect(last).toBeLessThan(0.05);
  });

  it("passes a class for each step out as it came in, packed", () => {
    const model = new Sequential(embedding(), new LSTM({ inputSize: 4, hiddenSize: 3, seed: 2 })).train();
    const packed = packPaddedSequence(padIndices(sentences), lengths, unsorted);
    const output = model.forward(packed);
    expect([output.batchSizes, output.sortedIndices]).toEqual([packed.batchSizes, packed.sortedIndices]);
    expect(model.backward(output)).toBeUndefined();
  });
});
