import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** test/packaging/package.json names the tools of the matrix, apart from the clone's own packages. */
const folder = join(import.meta.dirname, "node_modules");

/** A tool's module. It is not typed here, because the clone's linters run without it: say what is used of it. */
export const tool = async <Module>(name: string): Promise<Module> => {
  const path = createRequire(join(folder, "any.js")).resolve(name);
  const module = await import(pathToFileURL(path).href);
  return module.default ?? module;
};

/** The folder of a tool's package. */
export const packageOf = (name: string): string => join(folder, name);

/** A command of a tool's package. */
export const command = (name: string): string => join(folder, ".bin", name);

/** A Node of another version. */
export const nodeOf = (major: string): string => join(folder, `node-${major}`, "bin/node");
