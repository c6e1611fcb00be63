import { fill, svg } from "./svg.js";

/** One value for each unit, as colours side by side. More values than `perRow` go on below. */
export class HeatRow {
  readonly element: SVGGElement;
  readonly #cells: readonly SVGRectElement[];

  constructor(options: {
    count: number;
    perRow: number;
    left: number;
    top: number;
    /** Of one cell, gap included. */
    cell: { readonly width: number; readonly height: number };
  }) {
    const { count, perRow, left, top, cell } = options;
    const gap = cell.width > 4 ? 1 : 0.3;
    this.#cells = Array.from({ length: count }, (_, index) =>
      svg("rect", {
        x: (left + (index % perRow) * cell.width).toFixed(2),
        y: top + Math.floor(index / perRow) * cell.height,
        width: (cell.width - gap).toFixed(2),
        height: cell.height - 1,
        rx: 1,
      }),
    );
    this.element = svg("g", { class: "heat" }, ...this.#cells);
  }

  /** @param limit the magnitude that gets the full colour */
  show(values: ArrayLike<number> | undefined, limit: number): void {
    for (const [index, cell] of this.#cells.entries()) {
      cell.style.fill = values === undefined ? "none" : fill(values[index] as number, limit);
    }
  }
}
