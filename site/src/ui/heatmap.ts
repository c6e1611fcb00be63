import { element } from "./element.js";
import { onResize } from "./on-resize.js";
import { colour, css, onTheme } from "./theme.js";

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
  /** What the rows are, such as units, and the number of the first, which may change with the matrix. */
  readonly rows: { readonly title: string; readonly first: () => number };
  /** What the columns are, such as steps; the first is number 0. */
  readonly columns: { readonly title: string };
  /** Says which cell is selected and its number, in the page's language. */
  readonly describe: (row: number, column: number, value: number) => string;
  /** The visitor selected a cell. */
  readonly onSelect: (row: number, column: number) => void;
  readonly signal: AbortSignal;
}

/** How much room a number has at an axis, in CSS pixels. */
const [ROW_ROOM, COLUMN_ROOM] = [16, 32];

/**
 * A matrix as colours on a canvas. One cell is selected, by pointer or by the arrow keys, and is read out with its number:
 * to assistive technology this is a slider over the cells, as colour pickers are.
 */
export class Heatmap {
  readonly element: HTMLElement;
  readonly #canvas = element("canvas");
  readonly #frame = element("div", { className: "heatmap-cells" }, this.#canvas);
  readonly #rowAxis = element("div", { className: "heatmap-rows" });
  readonly #columnAxis = element("div", { className: "heatmap-columns" });
  /** The colours, a pixel for each cell. */
  readonly #cells = element("canvas");
  readonly #options: HeatmapOptions;
  #matrix: Matrix = { rows: 0, columns: 0, at: () => 0 };
  #row = 0;
  #column = 0;
  /** What the axes were drawn for. */
  #axesDrawn = "";
  #frameToCome = 0;

  constructor(options: HeatmapOptions) {
    this.#options = options;
    const title = (text: string, className: string) => element("div", { className, ariaHidden: "true" }, text);
    for (const axis of [this.#rowAxis, this.#columnAxis]) axis.ariaHidden = "true"; // each cell is read out in words
    this.element = element(
      "div",
      { className: "heatmap", role: "slider", tabIndex: 0 },
      title(options.rows.title, "heatmap-rows-title"),
      this.#rowAxis,
      this.#frame,
      this.#columnAxis,
      title(options.columns.title, "heatmap-columns-title"),
    );
    this.element.ariaLabel = options.label;
    this.element.ariaRoleDescription = options.role;
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.#canvas.addEventListener("pointerdown", (event) => this.#point(event));
    onResize(this.#frame, () => this.#drawNow(), options.signal);
    const recolour = () => {
      this.#colour();
      this.#draw();
    };
    onTheme(recolour, options.signal);
  }

  /** Shows another matrix. The selected cell stays if the matrix has it. */
  show(matrix: Matrix): void {
    this.#matrix = matrix;
    this.#colour();
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

  /** The colours, a pixel for each cell: what is drawn again at each step of a selection is only enlarged. */
  #colour(): void {
    const { rows, columns, at } = this.#matrix;
    if (rows * columns === 0) return;
    [this.#cells.width, this.#cells.height] = [columns, rows];
    const context = this.#cells.getContext("2d") as CanvasRenderingContext2D;
    const image = context.createImageData(columns, rows);
    const paint = diverging(this.#options.limit);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) paint(at(row, column), image.data, 4 * (row * columns + column));
    context.putImageData(image, 0, 0);
  }

  /** Draws in the next frame, however often it is called before. */
  #draw(): void {
    cancelAnimationFrame(this.#frameToCome);
    this.#frameToCome = requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow(): void {
    const { rows, columns } = this.#matrix;
    const width = this.#frame.clientWidth;
    if (rows * columns === 0 || width === 0) return;
    const scale = devicePixelRatio;
    const rowHeight = heightOf(rows);
    const height = rows * rowHeight;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    context.scale(scale, scale);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#cells, 0, 0, width, height);
    const cell = width / columns;
    context.fillStyle = css(colour("--surface"));
    // A gap of half a pixel between cells, unless they are too small for it.
    for (let row = 1; row < rows; row++) context.fillRect(0, row * rowHeight - 0.5, width, 0.5);
    for (let column = 1; column < columns && cell > 2; column++) context.fillRect(column * cell - 0.5, 0, 0.5, height);
    context.lineWidth = 2;
    context.strokeStyle = css(colour("--text"));
    context.strokeRect(this.#column * cell + 1, this.#row * rowHeight + 1, cell - 2, rowHeight - 2);
    this.#axes(width, rowHeight);
  }

  /** Numbers beside the rows and under the columns, as many as have room. */
  #axes(width: number, rowHeight: number): void {
    const { rows, columns } = this.#matrix;
    const drawn = `${rows} ${columns} ${width} ${this.#options.rows.first()}`;
    if (drawn === this.#axesDrawn) return;
    this.#axesDrawn = drawn;
    const first = this.#options.rows.first();
    const ticks = (count: number, size: number, room: number, place: "top" | "left", start = 0): HTMLElement[] => {
      const every = roundUp(room / size);
      const numbers = Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
      return numbers.map((index) => {
        const tick = element("span", {}, `${start + index}`);
        tick.style[place] = `${(index + 0.5) * size}px`;
        return tick;
      });
    };
    this.#rowAxis.replaceChildren(...ticks(rows, rowHeight, ROW_ROOM, "top", first));
    this.#columnAxis.replaceChildren(...ticks(columns, width / columns, COLUMN_ROOM, "left"));
  }
}

/** The height of a row, in CSS pixels: that of a line of small text where there are few. */
const heightOf = (rows: number): number => (rows <= 16 ? 16 : 8);

/** The least of 1, 2, 4, 8, ... that is not below a number. */
const roundUp = (least: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(least)));

/**
 * Writes the colour of a value, red, green, blue and opacity, at an offset: from `--negative` at -limit over `--zero` at 0 to
 * `--positive` at limit, as the theme has them.
 */
function diverging(limit: number): (value: number, pixels: Uint8ClampedArray, offset: number) => void {
  const [negative, zero, positive, none] = [
    colour("--negative"),
    colour("--zero"),
    colour("--positive"),
    colour("--text"),
  ];
  return (value, pixels, offset) => {
    const isNumber = !Number.isNaN(value);
    const share = isNumber ? Math.min(1, Math.abs(value) / limit) : 1;
    const full = !isNumber ? none : value < 0 ? negative : positive;
    for (let part = 0; part < 3; part++) {
      const least = zero[part] as number;
      pixels[offset + part] = least + share * ((full[part] as number) - least);
    }
    pixels[offset + 3] = 255;
  };
}
