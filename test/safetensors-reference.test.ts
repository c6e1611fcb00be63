/** What the reference implementation takes (recorded by fixtures/headers.py) is taken, and nothing else. */
import { readFileSync } from "node:fs";
import { load, loadMetadata } from "lstm-wasm/safetensors";
import { expect, test } from "vitest";

const recorded: { name: string; bytes: string; accepted: boolean }[] = JSON.parse(
  readFileSync(new URL("fixtures/headers.json", import.meta.url), "utf8"),
);

/** Refused here on purpose, see ts/safetensors.ts. */
const STRICTER = new Set([
  "white space before the brace",
  "a name twice",
  "an unknown field twice",
  "a metadata key twice",
  "an entry that is an array of the fields",
  "a dtype as an object",
  "2^60 * 0",
  "2^30 * 2^30 * 0",
  "a shape of 65 dimensions",
]);

test.each(recorded)("$name: $accepted", ({ name, bytes, accepted }) => {
  const file = Buffer.from(bytes, "base64");
  const taken = (read: () => unknown): boolean => {
    try {
      read();
      return true;
    } catch (error) {
      expect(error).toMatchObject({ name: "LSTMError", code: "FILE" });
      return false;
    }
  };
  if (STRICTER.has(name)) expect(accepted).toBe(true);
  const expected = accepted && !STRICTER.has(name);
  expect(taken(() => load(file, { skipUnsupported: true }))).toBe(expected);
  expect(taken(() => loadMetadata(file))).toBe(expected);
});
