import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { element } from "./element.js";
import { colour, css, onTheme } from "./theme.js";

export interface ChartOptions {
  readonly title: string;
  /** What the x axis counts. */
  readonly x: string;
  /** The curves: their names and colours of style.css. */
  readonly curves: readonly { readonly label: string; readonly colour: `--${string}` }[];
  /** Says in words what the curves show, in the page's language: the text alternative. */
  readonly describe: (data: uPlot.AlignedData) => string;
  /** In CSS pixels. */
  readonly height?: number;
  /** Whether y is drawn on a logarithmic scale, which must then be positive. */
  readonly logarithmic?: boolean;
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
      this.#plot?.destroy();
    });
    this.show(this.#data);
  }

  /** Shows other data: the values of x, then those of each curve, as many; null is a gap. */
  show(data: uPlot.AlignedData): void {
    this.#data = data;
    this.element.ariaLabel = `${this.#options.title}. ${this.#options.describe(data)}`;
    this.#plot?.setData(data);
  }

  #resize(): void {
    const width = this.element.clientWidth;
    if (width === 0) return;
    if (this.#plot === undefined) this.#draw();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: this.#plot.height });
  }

  /** uPlot takes colours at its start only. */
  #draw(): void {
    const { title, x, curves, height = 240, logarithmic = false } = this.#options;
    const width = this.element.clientWidth;
    if (width === 0) return;
    this.#plot?.destroy();
    const axis = { stroke: css(colour("--muted")), grid: { stroke: css(colour("--line")), width: 1 } };
    this.#plot = new uPlot(
      {
        title,
        width,
        height,
        scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
        axes: [{ ...axis, label: x }, axis],
        series: [
          { label: x },
          ...curves.map((curve) => ({ label: curve.label, stroke: css(colour(curve.colour)), width: 2 })),
        ],
      },
      this.#data,
      this.element,
    );
  }
}
