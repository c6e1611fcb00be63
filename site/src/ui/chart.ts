import "./number-language.js"; // before uPlot
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { element } from "./element.js";
import { onResize } from "./on-resize.js";
import { colour, css, onTheme } from "./theme.js";

/** The name of a curve and its colour of style.css. */
export interface Curve {
  readonly label: string;
  readonly colour: `--${string}`;
  /** Lengths of dashes and gaps, in CSS pixels; a line without gaps by default. */
  readonly dash?: readonly number[];
  /** Whether its points are marked where there is room; true by default. */
  readonly points?: boolean;
}

/** A part of the x axis. */
export type Span = readonly [from: number, to: number];

export interface ChartOptions {
  readonly title: string;
  /** What the x axis counts. */
  readonly x: string;
  /** How a value of x is written on the axis; by default as a number, 1,000. */
  readonly formatX?: (value: number) => string;
  readonly curves: readonly Curve[];
  /** Says in words what the curves show, in the page's language: the text alternative. */
  readonly describe: (data: uPlot.AlignedData) => string;
  /** Stands in the plot while there is no data; without it the plot is left empty. */
  readonly empty?: string;
  /** In CSS pixels. */
  readonly height?: number;
  /** Whether y is drawn on a logarithmic scale, which must then be positive. */
  readonly logarithmic?: boolean;
  /** The least and the largest y that is drawn; by default as the data has them. */
  readonly range?: readonly [number, number];
  /** How the legend writes the values under the pointer; by default with three decimals. */
  readonly format?: (value: number) => string;
  /** The colour of spans and of the mark. */
  readonly overlay?: `--${string}`;
  readonly signal: AbortSignal;
}

/** Curves over a common x, drawn by uPlot in the colours of the theme. */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | undefined;
  #data: uPlot.AlignedData;
  #spans: readonly Span[] = [];
  #mark: number | undefined;
  readonly #empty = element("p", { className: "chart-empty", ariaHidden: "true" });

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#data = [[], ...options.curves.map(() => [])];
    this.#empty.textContent = options.empty ?? "";
    this.element = element("div", { className: "chart", role: "img" }, this.#empty);
    onResize(this.element, () => this.#resize(), options.signal);
    onTheme(() => this.#draw(), options.signal);
    options.signal.addEventListener("abort", () => {
      waiting.delete(this);
      this.#plot?.destroy();
    });
    this.show(this.#data);
  }

  /**
   * Shows other data: the values of x, then those of each curve, as many; null is a gap. Spans of x are shaded. It is drawn in a
   * later frame.
   */
  show(data: uPlot.AlignedData, spans: readonly Span[] = []): void {
    const changed = !equal(data, this.#data) || String(spans) !== String(this.#spans);
    this.#data = data;
    this.#spans = spans;
    this.element.ariaLabel = `${this.#options.title}. ${this.#options.describe(data)}`;
    this.#empty.hidden = this.#options.empty === undefined || data[0].length > 0;
    if (changed) inAFrame(this, () => this.#plot?.setData(this.#data));
  }

  /** Draws a line at x, such as where a sound plays; `undefined` takes it away. */
  mark(x: number | undefined): void {
    if (x === this.#mark) return;
    this.#mark = x;
    this.#plot?.redraw(false);
  }

  #resize(): void {
    const width = this.element.clientWidth;
    if (width === 0) return;
    if (this.#plot === undefined) this.#draw();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: this.#plot.height });
  }

  /** uPlot takes colours at its start only. */
  #draw(): void {
    const { title, x, formatX, curves, height = 240, logarithmic = false, range, overlay } = this.#options;
    const { format = (value: number) => value.toLocaleString("en") } = this.#options;
    const width = this.element.clientWidth;
    if (width === 0) return;
    this.#plot?.destroy();
    const axis = { stroke: css(colour("--muted")), grid: { stroke: css(colour("--line")), width: 1 } };
    this.#plot = new uPlot(
      {
        title,
        width,
        height,
        scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1, ...(range && { range: [...range] }) } },
        axes: [
          { ...axis, label: x, ...(formatX && { values: (_: uPlot, marks: number[]) => marks.map(formatX) }) },
          logarithmic
            ? { ...axis, splits: powers, filter: (_, splits) => splits, values: (_, splits) => splits.map(power) }
            : axis,
        ],
        series: [
          { label: x, value: (_, value) => (value === null ? "" : (formatX ?? String)(value)) },
          ...curves.map(({ label, colour: name, dash = [], points = true }) => ({
            ...{ label, stroke: css(colour(name)), width: 2, dash: [...dash] },
            points: points ? { fill: css(colour("--surface")) } : { show: false },
            value: (_: uPlot, value: number | null) => (value == null ? "" : format(value)),
          })),
        ],
        ...(overlay && { hooks: this.#overlay(css(colour(overlay))) }),
        legend: { markers: { dash: (_, i) => (curves[i - 1]?.dash ? "dashed" : "solid") } },
      },
      this.#data,
      this.element,
    );
  }

  /** Draws the spans behind the curves, and the mark before them. */
  #overlay(fillStyle: string): uPlot.Hooks.Arrays {
    const bar = ({ ctx, bbox }: uPlot, left: number, width: number, top: number, height: number): void => {
      const [from, to] = [Math.max(left, bbox.left), Math.min(left + width, bbox.left + bbox.width)];
      ctx.fillStyle = fillStyle;
      if (to > from) ctx.fillRect(from, top, to - from, height);
    };
    const spans = (plot: uPlot): void => {
      const { ctx, bbox } = plot;
      const line = 4 * devicePixelRatio; // a shade alone would be too faint for weak eyes
      for (const [from, to] of this.#spans) {
        const left = plot.valToPos(from, "x", true);
        const width = plot.valToPos(to, "x", true) - left;
        ctx.globalAlpha = 0.14;
        bar(plot, left, width, bbox.top, bbox.height);
        ctx.globalAlpha = 1;
        bar(plot, left, width, bbox.top + bbox.height - line, line);
      }
    };
    const mark = (plot: uPlot): void => {
      if (this.#mark === undefined) return;
      const width = 2 * devicePixelRatio;
      bar(plot, plot.valToPos(this.#mark, "x", true) - width / 2, width, plot.bbox.top, plot.bbox.height);
    };
    return { drawClear: [spans], draw: [mark] };
  }
}

/** Whether all values are the same: then there is nothing to draw. */
const equal = (one: uPlot.AlignedData, other: uPlot.AlignedData): boolean =>
  one.every(
    ({ length }, i) =>
      length === other[i]?.length && Array.from(one[i] ?? []).every((value, j) => value === other[i]?.[j]),
  );

/** What waits to be drawn. */
const waiting = new Map<Chart, () => void>();

/** Draws a chart in a frame of its own: several in one frame would block the page for longer. */
function inAFrame(chart: Chart, draw: () => void): void {
  if (waiting.size === 0) requestAnimationFrame(drawFirst);
  waiting.set(chart, draw);
}

function drawFirst(): void {
  for (const [chart, draw] of waiting) {
    waiting.delete(chart);
    draw();
    break;
  }
  if (waiting.size > 0) requestAnimationFrame(drawFirst);
}

/** Powers of ten between two numbers, nine of them at most. */
function powers(_: uPlot, _axis: number, min: number, max: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(min)), Math.floor(Math.log10(max))];
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const exponents = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return exponents.filter((exponent) => exponent % every === 0).map((exponent) => 10 ** exponent);
}

/** A power of ten as one writes it. */
function power(value: number): string {
  const exponent = Math.round(Math.log10(value));
  if (Math.abs(exponent) <= 3) return String(value);
  return `10${[...String(exponent)].map((digit) => SUPERSCRIPTS[digit]).join("")}`;
}

const SUPERSCRIPTS: Readonly<Record<string, string>> = Object.fromEntries(
  [..."-0123456789"].map((digit, i) => [digit, [..."⁻⁰¹²³⁴⁵⁶⁷⁸⁹"][i] as string]),
);
