import { readFileSync } from "node:fs";
import type { TensorJSON } from "lstm-wasm";
import { Tensor } from "lstm-wasm";
import { expect } from "vitest";

// Recorded from PyTorch by test/fixtures/nn.py.
// biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes
const recorded: Record<string, any> = JSON.parse(readFileSync(new URL("../fixtures/nn.json", import.meta.url), "utf8"));

/** What was recorded under a name. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export const record = (name: string): Record<string, any> => recorded[name];

/** Many records under a name. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export const records = (name: string): Record<string, any>[] => recorded[name];

/** A recorded tensor; strings stand for NaN and infinities. */
export const tensor = ({ data, shape }: TensorJSON): Tensor => new Tensor(data.map(Number), shape);

/** Holds a tensor to be of the recorded shape, within a tolerance of the recorded values' size; NaN is NaN, and so on. */
export function expectClose(actual: Tensor, expected: TensorJSON, tolerance = 1e-6) {
  expect(actual.shape).toEqual(expected.shape);
  const values = expected.data.map(Number);
  const scale = Math.max(1, ...values.filter(Number.isFinite).map(Math.abs));
  const wrong = values.flatMap((value, index) => {
    const own = actual.data[index] as number;
    return Object.is(own, value) || Math.abs(own - value) <= tolerance * scale ? [] : [{ index, own, value }];
  });
  expect(wrong).toEqual([]);
}
