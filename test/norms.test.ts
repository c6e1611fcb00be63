/** The norms that tell vanishing and exploding gradients, over all of float32. */
import { LSTM, Tensor } from "lstm-wasm";
import { expect, test } from "vitest";

test.each([1e-36, 1e-24, 1e-12, 1, 1e12, 1e20, 1e30])("gradients of %d have norms in proportion", (scale) => {
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, numLayers: 2, seed: 1 });
  lstm.train();
  const x = new Tensor(
    new Float32Array(18).map((_, i) => Math.sin(i)),
    [3, 2, 3],
  );
  const norms = (factor: number) => {
    lstm.forward(x);
    lstm.backward(
      new Tensor(
        new Float32Array(30).map((_, i) => Math.cos(i) * factor),
        [3, 2, 5],
      ),
    );
    return lstm.gradientNorms().flatMap(({ h, c }) => [...h.data, ...c.data]);
  };
  const plain = norms(1);
  for (const [index, norm] of norms(scale).entries()) {
    const expected = (plain[index] as number) * scale;
    expect(Math.abs(norm - expected)).toBeLessThanOrEqual(1e-5 * expected + 1e-44);
  }
});
