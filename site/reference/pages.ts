import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Html, PageLine, SearchDocument } from "../src/panels/reference/model.js";
import { type Section, sectionsOf, type Target, toHtml } from "./markdown.js";

/** A page of the docs. */
export interface DocsPage extends PageLine {
  /** With `%image:PATH%` where the address of an image goes; PATH is relative to the root. */
  readonly html: Html;
  readonly documents: readonly SearchDocument[];
}

/** In the order in which they are listed; the rest of docs/ follows. */
const FIRST = [
  "README.md",
  "README.zh-CN.md",
  "docs/your-model.md",
  "docs/streams.md",
  "docs/tensors.md",
  "docs/training.md",
];
const IMAGES = /\.(png|webp|svg)$/;

/** The Markdown files of the docs, relative to the root. */
export function docsFiles(root: string): string[] {
  const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const all = [...FIRST, ...docs.sort().map((name) => `docs/${name}`), "CHANGELOG.md"];
  return [...new Set(all)].filter((file) => existsSync(join(root, file)));
}

/** Reads the docs' pages. Links between them lead to each other; a link to another file of the repository is its path. */
export function readPages(root: string): DocsPage[] {
  const sources = docsFiles(root).map((file) => {
    const text = readFileSync(join(root, file), "utf8").replace(/^<!-- .* -->$/gm, ""); // notes to what writes tables
    return new Source(file, text);
  });
  return sources.map((source): DocsPage => {
    const { file, text, address, title, language, sections } = source;
    const ids = sections.map(({ id }) => `/reference/${id}`).values();
    const html = toHtml(text, {
      id: () => ids.next().value as string, // headings come in the order of the sections
      image: (src) => `%image:${source.fileOf(src)}%`,
      target: (href) => targetOf(href, source, sources),
    });
    const documents = sections.map(({ id, heading, text }, index): SearchDocument => {
      const isFirst = index === 0;
      return { id: isFirst ? address : id, title: isFirst ? title : heading, place: isFirst ? file : title, text };
    });
    return { address, title, language, html, documents };
  });
}

/** A Markdown file, and its sections by their addresses. */
class Source {
  readonly address: string;
  readonly title: string;
  readonly language: "en" | "zh";
  readonly sections: readonly Section[];

  constructor(
    readonly file: string,
    readonly text: string,
  ) {
    this.address = file.replace(/\.md$/, "");
    const seen = new Map<string, number>();
    this.sections = sectionsOf(text, (heading) => {
      const anchor = anchorOf(heading);
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return `${this.address}/${anchor}${count === 0 ? "" : `-${count}`}`;
    });
    this.language = file.includes(".zh-CN.") ? "zh" : "en";
    // A README has the package's name for its heading, and so has an entry.
    const readme = { en: "README", zh: "README（中文）" }[this.language];
    this.title = file.startsWith("README") ? readme : (this.sections[0]?.heading ?? this.address);
  }

  /** The file that a relative link means, relative to the root. */
  fileOf(path: string): string {
    return path === "" ? this.file : normalize(join(dirname(this.file), path));
  }
}

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, "")
    .replaceAll(" ", "-");

function targetOf(href: string, source: Source, sources: readonly Source[]): Target {
  if (/^[a-z]+:/.test(href)) return { href };
  const [path = "", anchor] = href.split("#");
  const file = source.fileOf(path);
  if (IMAGES.test(file)) return { href: `%image:${file}%` };
  const page = sources.find((other) => other.file === file);
  if (page === undefined) return { file };
  if (anchor === undefined) return { href: `#/reference/${page.address}` };
  const id = `${page.address}/${anchor}`;
  if (page.sections.every((section) => section.id !== id)) {
    throw new Error(`${source.file} links to ${href}, and ${file} has no such heading`);
  }
  return { href: `#/reference/${id}` };
}
