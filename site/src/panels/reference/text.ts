import { element } from "../../ui/element.js";
import { hrefOf } from "./address.js";
import type { Code, Html } from "./model.js";

/** What the build made of our own Markdown. */
export function html(text: Html): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

/** Code with links. */
export function code(parts: Code): HTMLElement {
  const children = parts.map((part) =>
    typeof part === "string" ? part : element("a", { href: hrefOf(part.to) }, part.text),
  );
  return element("code", {}, ...children);
}

/** A docstring's text: docstrings are in English, whatever the language of the page. */
export function docstring<Name extends "div" | "dd">(
  name: Name,
  ...texts: readonly Html[]
): HTMLElementTagNameMap[Name] {
  return element(name, { lang: "en" } as Partial<HTMLElementTagNameMap[Name]>, ...texts.map(html));
}

/** The first paragraph, its links as text: it stands beside a link. */
export function summary(text: Html): Node[] {
  const paragraph = html(text).querySelector("p");
  for (const link of paragraph?.querySelectorAll("a") ?? []) link.replaceWith(...link.childNodes);
  return [...(paragraph?.childNodes ?? [])];
}
