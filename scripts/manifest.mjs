/**
 * package.json as it is published: without the scripts and tools that only a clone has. npm packs the file that lies in the
 * folder, so `npm pack` and `npm publish` call this before (`--publish`) and after (`--restore`) they pack.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./run.mjs";

const manifest = join(root, "package.json");
/** The clone's own, while the other lies in its place. */
const kept = join(root, "target/package.json");

/** The text of the published package.json. */
export function publishedManifest() {
  const { scripts, devDependencies, ...published } = JSON.parse(readFileSync(manifest, "utf8"));
  return `${JSON.stringify(published, null, 2)}\n`;
}

/** Lays out what `npm pack` finds in the clone once its `prepack` has run: the package as users install it. */
export function layOutPackage(folder) {
  const { files } = JSON.parse(publishedManifest());
  for (const file of files) cpSync(join(root, file), join(folder, file), { recursive: true });
  writeFileSync(join(folder, "package.json"), publishedManifest());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [step] = process.argv.slice(2);
  // Packing that was broken off has left the published one there.
  if (existsSync(kept)) renameSync(kept, manifest);
  if (step === "--publish") {
    const published = publishedManifest();
    mkdirSync(dirname(kept), { recursive: true });
    renameSync(manifest, kept);
    writeFileSync(manifest, published);
  }
}
