import { element } from "../../ui/element.js";

/** What a reader should see in a chart: a sentence in bold each, and what explains it. */
export function notes(title: string, sentences: readonly (readonly string[])[], space: string): HTMLElement {
  const items = sentences.map(([claim = "", why = ""]) =>
    element("li", {}, element("strong", {}, claim), `${space}${why}`),
  );
  return element("div", { className: "notes" }, element("h3", {}, title), element("ul", {}, ...items));
}
