import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { LSTMCell, Tensor } from "lstm-wasm";
import { describe, expect, it } from "vitest";
import { type Case, cases, largestError, loadCase, tensorsOf } from "./support/golden.js";

const bits: Record<string, string> = JSON.parse(
  readFileSync(new URL("./fixtures/golden/bits.json", import.meta.url), "utf8"),
);

function run(golden: Case) {
  const { lstm, input, state, unpack } = loadCase(golden);
  const [output, [hn, cn]] = lstm.forward(input, state);
  lstm.dispose();
  return { output: unpack(output), hn, cn };
}

describe("the golden cases", () => {
  it("are 52", () => expect(cases).toHaveLength(52));

  it.each(cases)("$name: within 2e-6 of the largest magnitude", (golden) => {
    for (const [what, actual] of Object.entries(run(golden))) {
      const expected = tensorsOf(golden)(what);
      expect(actual.shape).toEqual(expected.shape);
      const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const error = largestError(actual, expected);
      expect(error / largest, what).toBeLessThanOrEqual(2e-6);
    }
  });

  // crates/lstm-core/tests/golden.rs compares the scalar kernels with the same digests.
  it.each(cases)("$name: the bits of the native scalar kernels", (golden) => {
    const { output, hn, cn } = run(golden);
    expect(digest(output, hn, cn)).toBe(bits[golden.name]);
  });

  it("notice when h0 and c0 are left out", () => {
    const golden = cases.find(({ state }) => state) as Case;
    const expected = tensorsOf(golden)("output");
    expect(largestError(run({ ...golden, state: false }).output, expected)).toBeGreaterThan(1e-3);
  });
});

// As crates/lstm-core/tests/golden.rs does: one unit whose gates all see x and whose c0 is x too.
it("one step over 65,537 patterns of bits has the bits of the native scalar kernels, NaN and infinities included", () => {
  const x = new Tensor(
    new Float32Array(Uint32Array.from({ length: 65_538 }, (_, i) => i * 65_535).buffer),
    [65_538, 1],
  );
  const cell = new LSTMCell({ inputSize: 1, hiddenSize: 1, bias: false });
  cell.loadStateDict({ weight_ih: [[1], [1], [1], [1]], weight_hh: [[0], [0], [0], [0]] });
  const [h, c] = cell.forward(x, [Tensor.zeros([65_538, 1]), x]);
  expect(digest(h, h, c)).toBe(bits["activations of Lstm"]);
});

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
