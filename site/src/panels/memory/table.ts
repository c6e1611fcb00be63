import { number } from "../../../../bench/claims/summary.js";
import { element } from "../../ui/element.js";

/** A table with a header row and one header column, which can be scrolled sideways where there is no room. */
export class Table {
  readonly element: HTMLElement;
  readonly #head = element("thead");
  readonly #body = element("tbody");

  constructor(label: string) {
    const table = element(
      "table",
      {},
      element("caption", { className: "visually-hidden" }, label),
      this.#head,
      this.#body,
    );
    this.element = element("div", { className: "scroll", role: "region", tabIndex: 0, ariaLabel: label }, table);
  }

  show(header: readonly string[], rows: readonly (readonly (Node | string)[])[]): void {
    this.#head.replaceChildren(element("tr", {}, ...header.map((text) => element("th", { scope: "col" }, text))));
    this.#body.replaceChildren(
      ...rows.map(([name = "", ...cells]) =>
        element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell))),
      ),
    );
  }
}

/** A number in two digits, as docs/claims.md writes it, that keeps all of its digits in `value`. */
export function figure(value: number): HTMLDataElement {
  return element("data", { value: String(value) }, number(value));
}
