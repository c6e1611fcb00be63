import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "lstm-wasm/node";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "lstm-wasm-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("writeFileAtomic replaces a file, and leaves nothing behind when it fails", async () => {
  const file = join(folder, "model.safetensors");
  writeFileSync(file, "old");
  // Whoever has the old file open still reads all of it: it was put aside, not written over.
  const old = openSync(file, "r");
  await writeFileAtomic(file, Uint8Array.of(1, 2, 3));
  expect([...readFileSync(file)]).toEqual([1, 2, 3]);
  expect(readFileSync(old, "utf8")).toBe("old");
  closeSync(old);
  await expect(writeFileAtomic(folder, "a folder is in the way")).rejects.toThrow();
  await expect(writeFileAtomic(join(folder, "missing/file"), "")).rejects.toThrow(/ENOENT/);
  expect(readdirSync(folder)).toEqual(["model.safetensors"]);
});
