import { element } from "../../ui/element.js";
import { hrefOf, idOf } from "./address.js";
import type { en } from "./en.js";
import type { Declaration, EntryLine, Html, Item, Member } from "./model.js";
import { code, docstring } from "./text.js";

type Strings = typeof en;

const KINDS = ["constructor", "method", "property"] as const;

/** An export: what it is, what its docstring says, its members. */
export function itemView(strings: Strings, entry: EntryLine, item: Item): HTMLElement[] {
  const address = `${entry.name}/${item.name}`;
  const { name, kind, exported, members, declarations } = item;
  const where = element(
    "p",
    { className: "muted where" },
    element("a", { href: hrefOf(entry.name) }, entry.name),
    ` · ${strings.kinds[kind]}${exported ? "" : ` · ${strings.notExported}`}`,
  );
  const inside = entry.items.filter((other) => kind === "namespace" && other.name.startsWith(`${name}.`));
  return [
    where,
    heading("h2", address, element("code", {}, name)),
    ...declared(strings, declarations),
    ...(inside.length === 0 ? [] : [links(inside.map((other) => [other.name, `${entry.name}/${other.name}`]))]),
    ...jumps(strings, address, members),
    ...KINDS.flatMap((kind) => group(strings, address, kind, members)),
  ];
}

/** Links to the members, where there are many. */
function jumps(strings: Strings, address: string, members: readonly Member[]): HTMLElement[] {
  if (members.length < 5) return [];
  const list = links(members.map(({ name, kind }) => [labelOf(name, kind), `${address}/${name}`]));
  list.ariaLabel = strings.onThisPage;
  return [list];
}

function group(strings: Strings, address: string, kind: Member["kind"], members: readonly Member[]): HTMLElement[] {
  const own = members.filter((member) => member.kind === kind);
  if (own.length === 0) return [];
  const title = element("h3", {}, strings.members[kind]);
  return [title, ...own.map((member) => memberView(strings, `${address}/${member.name}`, member))];
}

function memberView(strings: Strings, address: string, { name, kind, from, declarations }: Member): HTMLElement {
  const [first] = declarations;
  const isLine = kind === "property" && first !== undefined; // its heading says all that its declaration does
  const title = heading("h4", address, isLine ? code(first.code) : element("code", {}, labelOf(name, kind)));
  if (from !== undefined) title.append(element("span", { className: "muted" }, ` ${strings.from} `, code(from)));
  return element("section", { className: "member" }, title, ...declared(strings, declarations, !isLine));
}

const labelOf = (name: string, kind: Member["kind"]): string => (kind === "constructor" ? "new" : name);

/** Each overload, with its code unless that stands above, and with what is said of it. */
function declared(strings: Strings, declarations: readonly Declaration[], withCode = true): HTMLElement[] {
  return declarations.map(({ code: written, html: text, parameters, returns, throws }) => {
    const list = element("dl", {});
    const add = (term: Node | string, ...texts: readonly Html[]) =>
      list.append(element("dt", {}, term), docstring("dd", ...texts));
    for (const parameter of parameters) add(element("code", {}, parameter.name), parameter.html);
    if (returns !== undefined) add(strings.returns, returns);
    if (throws.length > 0) add(strings.throws, ...throws);
    const parts = element("div", { className: "declared" });
    if (withCode) parts.append(element("pre", { className: "declaration" }, code(written)));
    parts.append(docstring("div", text));
    if (list.children.length > 0) parts.append(list);
    return parts;
  });
}

function links(all: readonly (readonly [text: string, address: string])[]): HTMLElement {
  const items = all.map(([text, address]) =>
    element("li", {}, element("a", { href: hrefOf(address) }, element("code", {}, text))),
  );
  return element("ul", { className: "links" }, ...items);
}

/** A heading that can be linked to. */
export function heading(level: "h2" | "h4", address: string, ...children: (Node | string)[]): HTMLElement {
  return element(level, { id: idOf(address), tabIndex: -1 }, ...children);
}
