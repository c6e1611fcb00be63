import { readFileSync } from "node:fs";

const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as {
  dependencies: Record<string, string>;
};

/** The version of a package of this folder: package.json pins each exactly. */
export function versionOf(name: string): string {
  const version = dependencies[name];
  if (version === undefined) throw new Error(`${name} is not a dependency of bench/contestants`);
  return version;
}
