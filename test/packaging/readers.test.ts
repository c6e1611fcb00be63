/**
 * What a reader adds to a page that has the default entry: a bundle of both, less one of the default entry alone, minified by
 * esbuild, then gzip. `npx size-limit` weighs most of them beside the default entry instead, and so counts the names by which a
 * reader imports from it, which are not in a bundle.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** At most so many kB, without what is loaded when a file needs it. */
const MOST: Record<string, { kB: number; lazily?: string }> = {
  pytorch: { kB: 8 },
  onnx: { kB: 8 },
  keras: { kB: 12, lazily: "./files-*" },
  audio: { kB: 3 },
  npy: { kB: 2, lazily: "./npz-archive-*" },
};

async function weigh(...entries: string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: entries.map((entry) => `export * from "./${entry}.js";`).join(""),
      resolveDir: join(root, "dist"),
    },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    external: ["node:*", ...entries.flatMap((entry) => MOST[entry]?.lazily ?? [])],
    logLevel: "error",
  });
  return gzipSync(outputFiles[0]?.contents as Uint8Array, { level: 9 }).length;
}

let alone: number;
beforeAll(async () => {
  alone = await weigh("index");
});

test.each(Object.entries(MOST))("%s adds no more than docs/entries.md says", async (entry, { kB }) => {
  const added = (await weigh("index", entry)) - alone;
  expect(added).toBeLessThanOrEqual(1000 * kB);
  expect(added).toBeGreaterThan(500 * kB); // the reader is in it
  const row = readFileSync(join(root, "docs/entries.md"), "utf8").match(
    new RegExp(`^.*\`lstm-wasm/${entry}\`.*$`, "m"),
  );
  expect(row?.[0]).toContain(`| ${kB} kB more`);
});
