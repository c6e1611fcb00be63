/**
 * Files that nobody would write: `load` of lstm-wasm/pytorch takes them for what they are or throws an LSTMError, in bounded
 * time and memory. `FUZZ_SECONDS=600 npx vitest run test/pytorch-fuzz.test.ts` goes on for ten minutes, from another seed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync, type Zippable, zipSync } from "fflate";
import { Tensor } from "lstm-wasm";
import { read } from "lstm-wasm/pytorch";
import { expect, it } from "vitest";
import { FUZZ_TIMEOUT, fuzz, mutated, takenBy, withoutChecksums } from "./support/mutate.js";

const folder = join(import.meta.dirname, "fixtures/pytorch");
const files = readdirSync(folder)
  .filter((name) => /\.(pt|ckpt|zip)$/.test(name))
  .map((name) => new Uint8Array(readFileSync(join(folder, name))));
const zips = files.filter(([first]) => first === 0x50);
const archives = zips.map((file) => unzipSync(file));
const unchecked = files.map((file) => (zips.includes(file) ? withoutChecksums(file) : file));
const pickles = archives.flatMap((archive) =>
  Object.entries(archive).flatMap(([name, content]) => (name.endsWith("/data.pkl") ? [content] : [])),
);

/** What came of a file: true for a state dict. Anything but one that holds together or an LSTMError fails the test. */
async function outcome(bytes: Uint8Array): Promise<boolean> {
  const before = bytes.slice();
  const taken = await takenBy(() => {
    const { stateDict, path, stripped, skipped } = read(bytes, { skipUnsupported: true });
    expect(Object.getPrototypeOf(stateDict)).toBeNull();
    const distinct = new Set(Object.values(stateDict));
    for (const tensor of distinct) {
      if (!(tensor instanceof Tensor) || tensor.data.length !== tensor.shape.reduce((a, b) => a * b, 1))
        return expect.fail();
    }
    const values = [...distinct].reduce((sum, { size }) => sum + size, 0);
    expect(values).toBeLessThanOrEqual(bytes.length + 2 ** 22);
    expect(path.length + stripped.length).toBeLessThan(12);
    expect(skipped.every((name) => typeof name === "string")).toBe(true);
    return distinct.size > 0;
  }, 5000);
  expect(Buffer.compare(bytes, before)).toBe(0);
  return taken;
}

/** A whole archive around a pickle that was mutated: its length may change, which no mutation of the archive survives. */
function withMutatedPickle(random: () => number): Uint8Array {
  const archive = archives[Math.floor(random() * archives.length)] as Zippable;
  const name = Object.keys(archive).find((entry) => entry.endsWith("data.pkl"));
  return zipSync(name === undefined ? archive : { ...archive, [name]: mutated(random, pickles) }, { level: 0 });
}

it("takes mutated files or refuses them", { timeout: FUZZ_TIMEOUT }, async () => {
  const prototype = Object.getOwnPropertyNames(Object.prototype);
  const source = (random: () => number) => (random() < 0.5 ? mutated(random, unchecked) : withMutatedPickle(random));
  const { rounds, taken } = await fuzz(25_000, source, outcome);
  expect(taken).toBeGreaterThan(rounds / 20); // most change a weight, a name or nothing that is read
  expect(taken).toBeLessThan(rounds);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype);
});

it("takes no file that was cut off", async () => {
  for (const bytes of files.slice(0, 6)) {
    for (let length = 0; length < bytes.length; length += 37)
      expect(await outcome(bytes.subarray(0, length))).toBe(false);
  }
});
