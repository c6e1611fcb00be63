import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { element } from "./element.js";
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

export interface ChartOptions {
  readonly title: string;
  /** What the x axis counts. */
  readonly x: string;
  readonly curves: readonly Curve[];
  /** Says in words what the curves show, in the page's language: the text alternative. */
  readonly describe: (data: uPlot.AlignedData) => string;
  /** In CSS pixels. */
  readonly height?: number;
  /** Whether y is drawn on a logarithmic scale, which must then be positive. */
  readonly logarithmic?: boolean;
  /** The least and the largest y that is drawn; by default as the data has them. */
  readonly range?: readonly [number, number];
  /** How the legend writes the values under the pointer. */
  readonly format?: (value: number) => string;
  readonly signal: AbortSignal;
}

/** Curves over a common x, drawn by uPlot in the colours of the theme. */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | undefined;
  #data: uPlot.AlignedData;

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#data = [[], ...options.curves.map(() => [])];
    this.element = element("div", { className: "chart", role: "img" });
    const resized = new ResizeObserver(() => this.#resize());
    resized.observe(this.element);
    onTheme(() => this.#draw(), options.signal);
    options.signal.addEventListener("abort", () => {
      resized.disconnect();
      waiting.delete(this);
      this.#plot?.destroy();
    });
    this.show(this.#data);
  }

  /** Shows other data: the values of x, then those of each curve, as many; null is a gap. It is drawn in a later frame. */
  show(data: uPlot.AlignedData): void {
    const changed = !equal(data, this.#data);
    this.#data = data;
    this.element.ariaLabel = `${this.#options.title}. ${this.#options.describe(data)}`;
    if (changed) inAFrame(this, () => this.#plot?.setData(this.#data));
  }

  #resize(): void {
    const width = this.element.clientWidth;
    if (width === 0) return;
    if (this.#plot === undefined) this.#draw();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: this.#plot.height });
  }

  /** uPlot takes colours at its start only. */
  #draw(): void {
    const { title, x, curves, height = 240, logarithmic = false, range, format } = this.#options;
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
          { ...axis, label: x },
          logarithmic
            ? { ...axis, splits: powers, filter: (_, splits) => splits, values: (_, splits) => splits.map(power) }
            : axis,
        ],
        series: [
          { label: x, value: (_, value) => (value === null ? "" : String(value)) },
          ...curves.map(({ label, colour: name, dash = [], points = true }) => ({
            ...{ label, stroke: css(colour(name)), width: 2, dash: [...dash] },
            ...(points ? {} : { points: { show: false } }),
            ...(format && { value: (_: uPlot, value: number | null) => (value === null ? "" : format(value)) }),
          })),
        ],
        legend: { markers: { dash: (_, i) => (curves[i - 1]?.dash ? "dashed" : "solid") } },
      },
      this.#data,
      this.element,
    );
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
