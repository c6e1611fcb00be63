import { readFileSync } from "node:fs";
import { join } from "node:path";

/** An entry of the package, as package.json exports it. */
export interface PackageEntry {
  /** What one imports: "lstm-wasm/nn". */
  readonly name: string;
  /** Its declarations, relative to the root: "dist/types/nn.d.ts". */
  readonly types: string;
  /** Other entries with the same declarations. */
  readonly sameAs: readonly string[];
}

export function readEntries(root: string): PackageEntry[] {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    exports: Record<string, string | { types: string }>;
  };
  const byTypes = new Map<string, string[]>();
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === "string") continue; // package.json itself
    const names = byTypes.get(target.types) ?? [];
    byTypes.set(target.types, [...names, `${name}${path.slice(1)}`]);
  }
  return [...byTypes].map(([types, [first = name, ...sameAs]]) => ({ name: first, types: types.slice(2), sameAs }));
}

/** The order in which docs/exports.md lists an entry's exports: what most people need stands first. */
export function orderOfExports(root: string): (entry: string, name: string) => number {
  const order = new Map<string, number>();
  let entry = "";
  for (const line of readFileSync(join(root, "docs/exports.md"), "utf8").split("\n")) {
    entry = /^## (\S+)/.exec(line)?.[1] ?? entry;
    const name = /^\| `([\w.]+)`/.exec(line)?.[1];
    if (name !== undefined) order.set(`${entry}/${name}`, order.size);
  }
  return (of, name) => order.get(`${of}/${name}`) ?? Number.POSITIVE_INFINITY;
}
