import { contents } from "virtual:reference";
import { element } from "../../ui/element.js";
import { hrefOf } from "./address.js";
import type { en } from "./en.js";
import { heading } from "./item-view.js";
import type { Entry, EntryLine, Item, PageLine } from "./model.js";
import { docstring, summary } from "./text.js";

type Strings = typeof en;

/** An entry of the package: what it exports. */
export function entryView(strings: Strings, line: EntryLine, entry: Entry): HTMLElement[] {
  const items = line.items.map(({ name }) => entry[name] as Item);
  const exported = items.filter((item) => item.exported);
  const types = exported.filter(({ kind }) => kind === "interface" || kind === "type");
  const { groups } = strings;
  const kinds = (["class", "function", "namespace", "value"] as const).map((kind) =>
    group(
      groups[kind],
      line,
      exported.filter((item) => item.kind === kind),
    ),
  );
  const named = group(
    groups.named,
    line,
    items.filter((item) => !item.exported),
  );
  return [
    heading("h2", line.name, element("code", {}, line.name)),
    docstring("div", line.html),
    ...(line.sameAs.length === 0
      ? []
      : [
          note(
            strings.sameAs,
            line.sameAs.map((name) => element("code", {}, name)),
          ),
        ]),
    ...(line.includes === undefined ? [] : [note(strings.includes, [entryLink(line.includes)])]),
    ...kinds.flat(),
    ...group(groups.types, line, types),
    ...(named.length === 0 ? [] : [...named.slice(0, 1), element("p", {}, strings.namedNote), ...named.slice(1)]),
  ];
}

/** What the panel begins with: all pages and entries. */
export function overview(strings: Strings, language: string): HTMLElement[] {
  const pages = pagesFor(language).map((page) => element("li", {}, pageLink(page)));
  const entries = contents.entries.map(({ name, html }) => [
    element("dt", {}, entryLink(name)),
    element("dd", { lang: "en" }, ...withoutName(summary(html), name)),
  ]);
  return [
    element("h2", {}, strings.guides),
    element("ul", { className: "pages" }, ...pages),
    element("h2", {}, strings.exports),
    element("dl", { className: "items" }, ...entries.flat()),
  ];
}

/** A summary without the "name: " that it begins with: it stands below the name. */
function withoutName([first, second, ...rest]: Node[], name: string): (Node | string)[] {
  const text = second?.textContent;
  if (first?.textContent !== name || !text?.startsWith(": "))
    return [first, second, ...rest].filter((node) => node !== undefined);
  return [text.charAt(2).toUpperCase() + text.slice(3), ...rest];
}

/** The pages, those in the visitor's language first. */
export const pagesFor = (language: string): readonly PageLine[] =>
  [...contents.pages].sort((a, b) => Number(b.language === language) - Number(a.language === language));

export function pageLink({ address, title, language }: PageLine): HTMLAnchorElement {
  return element("a", { href: hrefOf(address), lang: language }, title);
}

export function entryLink(name: string): HTMLAnchorElement {
  return element("a", { href: hrefOf(name) }, element("code", {}, name));
}

function group(title: string, { name: entry }: EntryLine, items: readonly Item[]): HTMLElement[] {
  if (items.length === 0) return [];
  const lines = items.flatMap(({ name, declarations }) => [
    element("dt", {}, element("a", { href: hrefOf(`${entry}/${name}`) }, element("code", {}, name))),
    element("dd", { lang: "en" }, ...summary(declarations[0]?.html ?? "")),
  ]);
  return [element("h3", {}, title), element("dl", { className: "items" }, ...lines)];
}

function note(text: string, parts: readonly HTMLElement[]): HTMLElement {
  return element("p", {}, text, ...parts.flatMap((part, index) => [index === 0 ? " " : ", ", part]));
}
