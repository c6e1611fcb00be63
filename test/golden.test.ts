import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Tensor } from "lstm-wasm";
import { describe, expect, it } from "vitest";
import { cellOf, forwardCell } from "./support/cells.js";
import { type Case, cases, largestError, loadCase, tensorsOf } from "./support/golden.js";
import type { Mode } from "./support/reference.js";

const bits: Record<string, string> = JSON.parse(
  readFileSync(new URL("./fixtures/golden/bits.json", import.meta.url), "utf8"),
);

describe("the golden cases", () => {
  it("are 52 of the LSTM, 14 of GRU, 26 of RNN and 12 of their cells", () => {
    const count = (name?: string) => cases.filter(({ cell }) => cell === name).length;
    expect([undefined, "GRU", "RNN", "GRUCell", "RNNCell"].map(count)).toEqual([52, 14, 26, 4, 8]);
  });

  it.each(cases)("$name: within 2e-6 of the largest magnitude", (golden) => {
    for (const [what, actual] of Object.entries(loadCase(golden).run())) {
      const expected = tensorsOf(golden)(what);
      expect(actual.shape).toEqual(expected.shape);
      const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largestError(actual, expected), what).toBeLessThanOrEqual(2e-6 * largest);
    }
  });

  // crates/lstm-core/tests/golden.rs compares the scalar kernels with the same digests.
  it.each(cases)("$name: the bits of the native scalar kernels", (golden) => {
    const { output, hn, cn } = loadCase(golden).run();
    // What a GRUCell or RNNCell returns is the output of a layer that takes one step.
    const results = [output ?? hn, hn, cn].filter((tensor) => tensor !== undefined);
    expect(digest(...results)).toBe(bits[golden.name]);
  });

  it.each(cases)("$name: the bits of the native scalar kernels with int8 and int16 weights", (golden) => {
    for (const weights of ["int8", "int16"] as const) {
      const { output, hn, cn } = loadCase(golden, 0, weights).run();
      const results = [output ?? hn, hn, cn].filter((tensor) => tensor !== undefined);
      expect(digest(...results), weights).toBe(bits[`${golden.name} ${weights}`]);
    }
  });

  it.each([undefined, "GRU", "RNN"])("notice when h0 and c0 are left out (%s)", (name) => {
    // An RNN of one unit has forgotten h0 after twelve steps.
    const golden = cases.find(({ cell, state, hiddenSize }) => cell === name && state && hiddenSize > 1) as Case;
    const { hn } = loadCase({ ...golden, state: false }).run();
    expect(largestError(hn as Tensor, tensorsOf(golden)("hn"))).toBeGreaterThan(1e-3);
  });
});

// As crates/lstm-core/tests/golden.rs does: one unit whose gates all see x and whose c0, if it has one, is x too.
it.each<[Mode, string]>([
  ["LSTM", "Lstm"],
  ["GRU", "Gru"],
  ["RNN_TANH", "RnnTanh"],
  ["RNN_RELU", "RnnRelu"],
])(
  "one step of %s over 65,537 patterns of bits has the bits of the native scalar kernels, NaN and infinities included",
  (mode, name) => {
    const x = new Tensor(
      new Float32Array(Uint32Array.from({ length: 65_538 }, (_, i) => i * 65_535).buffer),
      [65_538, 1],
    );
    const cell = cellOf({ mode, inputSize: 1, hiddenSize: 1, bias: false });
    for (const [name, parameter] of cell.namedParameters()) parameter.data.fill(name === "weight_ih" ? 1 : 0);
    const [h, c] = forwardCell(cell, x, [Tensor.zeros([65_538, 1]), x]);
    expect(digest(...[h, h, c].filter((tensor) => tensor !== undefined))).toBe(bits[`activations of ${name}`]);
  },
);

/** SHA-256 of the values as little-endian floats, every NaN the same one. */
function digest(...tensors: Tensor[]): string {
  const hash = createHash("sha256");
  for (const { data } of tensors) {
    const bytes = new DataView(new ArrayBuffer(data.length * 4));
    for (const [i, value] of data.entries()) {
      if (Number.isNaN(value)) bytes.setUint32(i * 4, 0x7fc00000, true);
      else bytes.setFloat32(i * 4, value, true);
    }
    hash.update(bytes);
  }
  return hash.digest("hex");
}
