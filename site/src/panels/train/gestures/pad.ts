import { element } from "../../../ui/element.js";
import { onResize } from "../../../ui/on-resize.js";
import { colour, css, onTheme } from "../../../ui/theme.js";
import type { Stroke } from "./strokes.js";

/** A square to draw on. */
export class Pad {
  readonly element: HTMLElement;
  readonly #canvas = element("canvas");
  #strokes: readonly Stroke[] = [];
  #drawn: number[] | undefined;
  readonly #onStroke: ((stroke: Stroke) => void) | undefined;
  readonly #onPoint: ((x: number, y: number, first: boolean) => void) | undefined;

  constructor(options: {
    /** What the pad is for: its text alternative. */
    label: string;
    /** The pen was lifted. */
    onStroke?: (stroke: Stroke) => void;
    /** The pen is there, from 0 to 1 each. */
    onPoint?: (x: number, y: number, first: boolean) => void;
    signal: AbortSignal;
  }) {
    const { label, onStroke, onPoint, signal } = options;
    this.#onStroke = onStroke;
    this.#onPoint = onPoint;
    this.element = element("div", { className: "train-pad", role: "img", ariaLabel: label }, this.#canvas);
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.#drawn = [];
      this.#move([event]);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.#drawn === undefined) return;
      // Between two frames the pen may have been at several places.
      const events = event.getCoalescedEvents();
      this.#move(events.length > 0 ? events : [event]);
    });
    for (const type of ["pointerup", "pointercancel"] as const) canvas.addEventListener(type, () => this.#lift());
    onResize(this.element, () => this.#draw(), signal);
    onTheme(() => this.#draw(), signal);
  }

  /** Shows these strokes, the last one strongly. */
  show(strokes: readonly Stroke[]): void {
    this.#strokes = strokes;
    this.#draw();
  }

  #move(events: readonly PointerEvent[]): void {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    for (const { clientX, clientY } of events) {
      const [x, y] = [(clientX - left) / width, (clientY - top) / height];
      const first = this.#drawn?.length === 0;
      this.#drawn?.push(x, y);
      this.#onPoint?.(x, y, first);
    }
    this.#draw();
  }

  #lift(): void {
    const stroke = this.#drawn;
    if (stroke === undefined) return;
    this.#drawn = undefined;
    this.#onStroke?.(stroke);
    this.#draw();
  }

  #draw(): void {
    const size = this.element.clientWidth;
    if (size === 0) return;
    const pixels = Math.round(size * devicePixelRatio);
    if (this.#canvas.width !== pixels) this.#canvas.width = this.#canvas.height = pixels;
    const context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    context.clearRect(0, 0, pixels, pixels);
    context.strokeStyle = css(colour("--accent"));
    context.lineWidth = 3 * devicePixelRatio;
    context.lineCap = context.lineJoin = "round";
    const strokes = this.#drawn === undefined ? this.#strokes : [...this.#strokes, this.#drawn];
    for (const [index, stroke] of strokes.entries()) {
      context.globalAlpha = index === strokes.length - 1 ? 1 : 0.3;
      context.beginPath();
      for (let i = 0; i < stroke.length; i += 2) {
        context.lineTo((stroke[i] as number) * pixels, (stroke[i + 1] as number) * pixels);
      }
      context.stroke();
    }
  }
}
