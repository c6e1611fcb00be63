import { element } from "./element.js";
import { onResize } from "./on-resize.js";
import { colour, css, onTheme, type Rgb } from "./theme.js";

/** A matrix to show. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  at(row: number, column: number): number;
}

export interface HeatmapOptions {
  /** What the values are. */
  readonly label: string;
  /** How assistive technology names this kind of control, in the page's language. */
  readonly role: string;
  /** The value that gets the full colour; values beyond it get the same. -`limit` gets the other colour, 0 none. */
  readonly limit: number;
  /** Says which cell is selected and its number, in the page's language. */
  readonly describe: (row: number, column: number, value: number) => string;
  /** The visitor selected a cell. */
  readonly onSelect: (row: number, column: number) => void;
  readonly signal: AbortSignal;
}

/** The height of a row, in CSS pixels. */
const ROW = 8;

/**
 * A matrix as colours on a canvas. One cell is selected, by pointer or by the arrow keys, and is read out with its number:
 * to assistive technology this is a slider over the cells, as colour pickers are.
 */
export class Heatmap {
  readonly element: HTMLElement;
  readonly #canvas = element("canvas");
  readonly #options: HeatmapOptions;
  #matrix: Matrix = { rows: 0, columns: 0, at: () => 0 };
  #row = 0;
  #column = 0;

  constructor(options: HeatmapOptions) {
    this.#options = options;
    this.element = element("div", { className: "heatmap", role: "slider", tabIndex: 0 }, this.#canvas);
    this.element.ariaLabel = options.label;
    this.element.ariaRoleDescription = options.role;
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.#canvas.addEventListener("pointerdown", (event) => this.#point(event));
    onResize(this.element, () => this.#draw(), options.signal);
    onTheme(() => this.#draw(), options.signal);
  }

  /** Shows another matrix. The selected cell stays if the matrix has it. */
  show(matrix: Matrix): void {
    this.#matrix = matrix;
    this.select(this.#row, this.#column);
  }

  /** Selects a cell without a call of `onSelect`. Out of the matrix, the nearest cell is meant. */
  select(row: number, column: number): void {
    const { rows, columns } = this.#matrix;
    this.#row = Math.max(0, Math.min(rows - 1, row));
    this.#column = Math.max(0, Math.min(columns - 1, column));
    this.#say();
    this.#draw();
  }

  #choose(row: number, column: number): void {
    this.select(row, column);
    this.#options.onSelect(this.#row, this.#column);
  }

  #key(event: KeyboardEvent): void {
    const { rows, columns } = this.#matrix;
    const targets: Record<string, [row: number, column: number]> = {
      ArrowUp: [this.#row - 1, this.#column],
      ArrowDown: [this.#row + 1, this.#column],
      ArrowLeft: [this.#row, this.#column - 1],
      ArrowRight: [this.#row, this.#column + 1],
      PageUp: [0, this.#column],
      PageDown: [rows - 1, this.#column],
      Home: [this.#row, 0],
      End: [this.#row, columns - 1],
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#choose(...target);
  }

  #point({ offsetX, offsetY }: PointerEvent): void {
    const { rows, columns } = this.#matrix;
    const { clientWidth, clientHeight } = this.#canvas;
    this.#choose(Math.floor((offsetY / clientHeight) * rows), Math.floor((offsetX / clientWidth) * columns));
  }

  #say(): void {
    const { rows, columns, at } = this.#matrix;
    this.element.ariaValueMin = "0";
    this.element.ariaValueMax = `${Math.max(0, rows * columns - 1)}`;
    this.element.ariaValueNow = `${this.#row * columns + this.#column}`;
    if (rows * columns > 0)
      this.element.ariaValueText = this.#options.describe(this.#row, this.#column, at(this.#row, this.#column));
  }

  #draw(): void {
    const { rows, columns, at } = this.#matrix;
    const width = this.element.clientWidth;
    if (rows * columns === 0 || width === 0) return;
    const scale = devicePixelRatio;
    const height = rows * ROW;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    context.scale(scale, scale);
    const cell = width / columns;
    const paint = diverging(this.#options.limit);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        context.fillStyle = paint(at(row, column));
        // A gap of half a pixel between cells, unless they are too small for it.
        context.fillRect(column * cell, row * ROW, Math.max(1, cell - 0.5), ROW - 0.5);
      }
    }
    context.lineWidth = 2;
    context.strokeStyle = css(colour("--text"));
    context.strokeRect(this.#column * cell + 1, this.#row * ROW + 1, cell - 2, ROW - 2);
  }
}

/** The colour of a value: from `--negative` at -limit over `--zero` at 0 to `--positive` at limit, as the theme has them. */
function diverging(limit: number): (value: number) => string {
  const [negative, zero, positive] = [colour("--negative"), colour("--zero"), colour("--positive")];
  return (value) => {
    if (Number.isNaN(value)) return css(colour("--text"));
    const share = Math.min(1, Math.abs(value) / limit);
    return css(mix(zero, value < 0 ? negative : positive, share));
  };
}

const mix = (from: Rgb, to: Rgb, share: number): Rgb =>
  from.map((value, index) => Math.round(value + share * ((to[index] as number) - value))) as unknown as Rgb;
