/**
 * What wasm-bindgen adds to a module for its JavaScript glue: a table of JavaScript values, a function that has the glue fill it,
 * and globals that tell the glue of a crash. Only numbers cross our boundary, and `ts/wasm/instance.ts` calls it without glue.
 */

/** The module without these exports, so that wasm-opt drops what only they reach. It then imports nothing. */
export async function withoutGlue(module) {
  const { default: binaryen } = await import("binaryen"); // only here, because most runs have nothing to build
  const read = binaryen.readBinary(module);
  const exported = Array.from({ length: read.getNumExports() }, (_, index) => read.getExportByIndex(index));
  const names = exported.map((reference) => binaryen.getExportInfo(reference).name);
  for (const name of names) if (name.startsWith("__")) read.removeExport(name);
  const written = read.emitBinary();
  read.dispose();
  return written;
}
