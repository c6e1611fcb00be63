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
    update(this.#head, [element("tr", {}, ...header.map((text) => element("th", { scope: "col" }, text)))]);
    update(
      this.#body,
      rows.map(([name = "", ...cells]) =>
        element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell))),
      ),
    );
  }
}

/** Gives a part of the table new rows. Cells that are as they were stay, since the browser lays out what is replaced. */
function update(part: HTMLTableSectionElement, rows: readonly HTMLTableRowElement[]): void {
  const old = [...part.rows];
  if (old.length !== rows.length || old.some(({ cells }, i) => cells.length !== rows[i]?.cells.length)) {
    part.replaceChildren(...rows);
    return;
  }
  rows.forEach((row, i) => {
    const before = [...(old[i] as HTMLTableRowElement).cells];
    [...row.cells].forEach((cell, j) => {
      if (!before[j]?.isEqualNode(cell)) before[j]?.replaceWith(cell);
    });
  });
}

/** A number in two digits, as docs/claims.md writes it, that keeps all of its digits in `value`. */
export function figure(value: number): HTMLDataElement {
  return element("data", { value: String(value) }, number(value));
}
