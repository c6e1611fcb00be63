import { join, resolve } from "node:path";
import type { Contents, Entry, EntryLine, SearchDocument } from "../src/panels/reference/model.js";
import { Docstrings } from "./docstring.js";
import { orderOfExports, readEntries } from "./entries.js";
import { Exported } from "./exported.js";
import { Items } from "./items.js";
import { type DocsPage, readPages } from "./pages.js";
import { readTypes } from "./read-types.js";
import { TypeCode } from "./type-code.js";

/** All that the panel "Reference" shows. */
export interface Reference {
  readonly contents: Contents;
  /** By the entries' names. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** By their addresses. */
  readonly pages: ReadonlyMap<string, DocsPage>;
  readonly documents: readonly SearchDocument[];
}

/** Reads the package's declarations in dist/ and its docs; `root` is the folder of the clone. */
export async function makeReference(root: string): Promise<Reference> {
  const entries = readEntries(root);
  const project = await readTypes(
    entries.map(({ types }) => join(root, types)),
    resolve(import.meta.dirname, "tsconfig.json"),
  );
  const exported = new Exported(project, entries, orderOfExports(root));
  const docs = new Docstrings((reflection) => exported.addressOf(reflection));
  const items = new Items(new TypeCode((reflection) => exported.addressOf(reflection)), docs);
  const pages = readPages(root);

  const made = exported.entries.map(({ entry, module, includes, listed }) => {
    const own = listed.map((each) => items.item(each));
    const line: EntryLine = {
      name: entry.name,
      html: docs.read(module.comment).html,
      sameAs: entry.sameAs,
      includes,
      items: own.map(({ name, kind, exported }) => ({ name, kind, exported })),
    };
    const documents = listed.flatMap((each) => items.documents(each, entry.name));
    return { line, items: Object.fromEntries(own.map((item) => [item.name, item])), documents };
  });
  return {
    contents: {
      entries: made.map(({ line }) => line),
      pages: pages.map(({ address, title, language }) => ({ address, title, language })),
    },
    entries: new Map(made.map(({ line, items }) => [line.name, items])),
    pages: new Map(pages.map((page) => [page.address, page])),
    documents: distinct([
      ...made.flatMap(({ documents }) => documents),
      ...pages.flatMap(({ documents }) => documents),
    ]),
  };
}

/** A method that several classes inherit is found in the first of them. */
function distinct(documents: readonly SearchDocument[]): SearchDocument[] {
  const seen = new Set<string>();
  return documents.filter(({ title, text }) => {
    const key = `${title.split(".").at(-1)} ${text}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
