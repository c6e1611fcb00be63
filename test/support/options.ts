import fc from "fast-check";

/** Random options of an LSTM of at most these sizes, a projection in about half of them. */
export function lstmOptions({ inputSize, hiddenSize }: { inputSize: number; hiddenSize: number }) {
  return fc
    .record({
      inputSize: fc.integer({ min: 1, max: inputSize }),
      hiddenSize: fc.integer({ min: 1, max: hiddenSize }),
      numLayers: fc.integer({ min: 1, max: 3 }),
      bias: fc.boolean(),
      batchFirst: fc.boolean(),
      bidirectional: fc.boolean(),
      projSize: fc.nat(hiddenSize - 1),
      seed: fc.nat(2 ** 31),
    })
    .map((o) => ({ ...o, projSize: o.projSize < o.hiddenSize ? o.projSize : 0 }));
}
