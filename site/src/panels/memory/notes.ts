import { element } from "../../ui/element.js";

/** What a reader should see in a chart: a sentence in bold each, and what explains it. */
export function notes(title: string, sentences: readonly (readonly string[])[]): HTMLElement {
  const items = sentences.map(([claim = "", why = ""]) => element("li", {}, element("strong", {}, claim), ` ${why}`));
  return element("div", { className: "notes" }, element("h3", {}, title), element("ul", {}, ...items));
}
