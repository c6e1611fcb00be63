/** `save(dict, metadata, { dtype })` of lstm-wasm/safetensors rounds as PyTorch does (recorded by fixtures/halves.py). */
import { readFileSync } from "node:fs";
import { LSTM, Tensor } from "lstm-wasm";
import { load, save } from "lstm-wasm/safetensors";
import { expect, test } from "vitest";
import { bits, refuses } from "./support/refusal.js";

const recorded: Record<"float32" | "float16" | "bfloat16", string> = JSON.parse(
  readFileSync(new URL("fixtures/halves.json", import.meta.url), "utf8"),
);
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));
const floats = new Float32Array(bytesOf(recorded.float32).buffer as ArrayBuffer);
/** The bytes behind the header. */
const dataOf = (file: Uint8Array) => file.subarray(8 + (new DataView(file.buffer).getUint32(0, true) as number));

test.each([
  ["F16", "float16", 2 ** -11],
  ["BF16", "bfloat16", 2 ** -8],
] as const)("%s is what PyTorch makes of float32, and load widens it", (dtype, name, precision) => {
  const file = save({ a: new Tensor(floats, [floats.length]) }, undefined, { dtype });
  expect(Buffer.compare(dataOf(file), bytesOf(recorded[name]))).toBe(0);
  const back = load(file).a as Tensor;
  expect(bits(load(save({ a: back }, undefined, { dtype })).a as Tensor)).toEqual(bits(back));

  const dict = new LSTM({ inputSize: 3, hiddenSize: 8, seed: 1 }).stateDict();
  const half = save(dict, { format: "pt" }, { dtype });
  expect(dataOf(half).length * 2).toBe(dataOf(save(dict)).length);
  for (const [key, { data }] of Object.entries(load(half))) {
    const given = (dict[key] as Tensor).data;
    for (const [i, value] of data.entries()) expect(Math.abs(value - (given[i] as number))).toBeLessThan(precision);
  }
});

test("NaN stays NaN, what is too large becomes an infinity, zero keeps its sign", () => {
  const edges = [Number.NaN, -Number.NaN, 65519, 65520, -1e38, -0, 2 ** -25, 1.5 * 2 ** -25, 3.4e38];
  const read = (dtype: "F16" | "BF16") => load(save({ a: edges }, undefined, { dtype })).a?.toArray();
  expect(read("F16")).toEqual([Number.NaN, Number.NaN, 65504, Infinity, -Infinity, -0, 0, 2 ** -24, Infinity]);
  expect((read("BF16") as number[]).slice(0, 2)).toEqual([Number.NaN, Number.NaN]);
  expect((read("BF16") as number[]).at(-1)).toBe(Infinity);
});

test("options are checked", () => {
  refuses(
    () => save({}, undefined, { dtype: "F64" as never }),
    "OPTION",
    'dtype must be "F32", "F16" or "BF16", got "F64"',
  );
  refuses(() => save({}, undefined, { type: "F16" } as never), "OPTION", "unknown option type");
});
