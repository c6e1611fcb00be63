import { svg } from "./svg.js";

const SHAPES = { sigmoid: (x: number) => 1 / (1 + Math.exp(-x)), tanh: Math.tanh };

/** The values of x that the plot shows. What lies beyond is marked at its edge. */
const REACH = 5;

/** The sigmoid or tanh with one value of x marked, `width` by `height` with the top left corner at (left, top). */
export class CurvePlot {
  readonly element: SVGGElement;
  readonly #shape: keyof typeof SHAPES;
  readonly #place: (x: number, y: number) => [number, number];
  readonly #zero: number;
  readonly #mark = svg("circle", { r: 4, class: "mark" });
  readonly #drop = svg("path", { class: "drop" });

  constructor(shape: keyof typeof SHAPES, [left, top, width, height]: readonly [number, number, number, number]) {
    this.#shape = shape;
    const low = shape === "sigmoid" ? 0 : -1;
    const label = 11;
    const inner = height - label - 6;
    this.#place = (x, y) => [left + ((x + REACH) / (2 * REACH)) * width, top + 4 + (1 - (y - low) / (1 - low)) * inner];
    const points = Array.from({ length: 61 }, (_, index) => {
      const x = -REACH + (index / 60) * 2 * REACH;
      return this.#place(x, SHAPES[shape](x)).map((value) => value.toFixed(1));
    });
    const [middle, zero] = this.#place(0, 0);
    const [, one] = this.#place(0, 1);
    const [, bottom] = this.#place(0, low);
    this.#zero = zero;
    this.element = svg(
      "g",
      { class: "curve" },
      svg("path", { class: "axis", d: `M${left} ${zero}H${left + width}M${middle} ${bottom}V${one}` }),
      svg("path", { class: "line", d: `M${points.map((point) => point.join(" ")).join("L")}` }),
      svg("text", { x: left, y: top + height - 1 }, `−${REACH}`),
      svg("text", { x: left + width, y: top + height - 1, "text-anchor": "end" }, `${REACH}`),
      svg("text", { x: middle, y: top + height - 1, "text-anchor": "middle" }, shape === "sigmoid" ? "σ" : "tanh"),
      this.#drop,
      this.#mark,
    );
  }

  /** Marks the curve at x. */
  mark(value: number): void {
    const x = Math.max(-REACH, Math.min(REACH, value));
    const [cx, cy] = this.#place(x, SHAPES[this.#shape](value));
    this.#mark.setAttribute("cx", cx.toFixed(1));
    this.#mark.setAttribute("cy", cy.toFixed(1));
    this.#drop.setAttribute("d", `M${cx.toFixed(1)} ${this.#zero.toFixed(1)}V${cy.toFixed(1)}`);
  }
}
