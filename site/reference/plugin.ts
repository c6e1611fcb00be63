import { join } from "node:path";
import type { Plugin } from "vite";
import { makeReference, type Reference } from "./make.js";
import { docsFiles } from "./pages.js";

const START = "virtual:reference";

/**
 * Vite's plugin behind `virtual:reference`: the contents, and functions that load the rest, an entry or a page each. If a
 * docstring is missing or a link of the docs leads nowhere, the build fails.
 */
export function reference(): Plugin {
  const root = join(import.meta.dirname, "../..");
  let made: Promise<Reference> | undefined;
  return {
    name: "reference",
    resolveId: (id) => (id.startsWith(START) ? `\0${id}` : undefined),
    async load(id) {
      if (!id.startsWith(`\0${START}`)) return;
      made ??= makeReference(root);
      for (const file of docsFiles(root)) this.addWatchFile(join(root, file));
      return moduleText(await made, id.slice(START.length + 2), root);
    },
    watchChange() {
      made = undefined;
    },
  };
}

/** The text of one module: `path` is what follows `virtual:reference/`, entries and pages by their numbers. */
function moduleText({ contents, entries, pages, documents }: Reference, path: string, root: string): string {
  const [kind, number] = path.split("-");
  if (kind === "search") return json(documents);
  if (kind === "entry") return json([...entries.values()][Number(number)]);
  if (kind === "page") return pageText([...pages.values()][Number(number)]?.html ?? "", root);
  const loaders = (of: string, names: Iterable<string>) =>
    `{ ${[...names].map((name, i) => `${JSON.stringify(name)}: () => import("${START}/${of}-${i}")`).join(", ")} }`;
  return [
    `export const contents = ${JSON.stringify(contents)};`,
    `export const entries = ${loaders("entry", entries.keys())};`,
    `export const pages = ${loaders("page", pages.keys())};`,
    `export const search = () => import("${START}/search");`,
  ].join("\n");
}

// Engines read a JSON text faster than the same in JavaScript.
const json = (value: unknown) => `export default JSON.parse(${JSON.stringify(JSON.stringify(value))});`;

/** A page whose images are files that Vite copies. */
function pageText(html: string, root: string): string {
  const parts = html.split(/%image:(.*?)%/);
  const imports = parts.flatMap((path, i) =>
    i % 2 === 1 ? [`import image${i} from ${JSON.stringify(`${join(root, path)}?url`)};`] : [],
  );
  const text = parts.map((part, i) => (i % 2 === 1 ? `image${i}` : JSON.stringify(part))).join(" + ");
  return [...imports, `export default { html: ${text} };`].join("\n");
}
