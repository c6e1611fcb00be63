import { element } from "../../ui/element.js";
import { onResize } from "../../ui/on-resize.js";
import { partsOf, STAGES, type Stage } from "./cells.js";
import { CurvePlot } from "./curve.js";
import type { en } from "./en.js";
import { HeatRow } from "./heat-row.js";
import { type Layout, layOut, NARROW, type StageBox } from "./layout.js";
import { short } from "./numbers.js";
import type { Run, Step, Story } from "./story.js";
import { svg } from "./svg.js";
import { wiresOf } from "./wires.js";

/** What is to be seen of a run. */
export interface View {
  readonly step: Step;
  /** How many stages have been computed; the last of them is the present one. */
  readonly stages: number;
  readonly unit: number;
}

export interface DrawingOptions {
  readonly run: Run;
  readonly scale: Story["scale"];
  readonly strings: typeof en;
  readonly onUnit: (unit: number) => void;
  readonly onStage: (index: number) => void;
  readonly signal: AbortSignal;
}

interface DrawnStage {
  readonly group: SVGGElement;
  readonly maps: readonly { readonly value: string; readonly row: HeatRow }[];
  readonly numbers: SVGTextElement;
  readonly curve: CurvePlot | undefined;
}

/**
 * A cell at one step: its stages from top to bottom, wires between them, and one column for each unit through all of them.
 * To assistive technology it is a picture; the numbers stand below it as text.
 */
export class Drawing {
  readonly element: HTMLElement;
  readonly #options: DrawingOptions;
  #layout: Layout | undefined;
  #stages: readonly DrawnStage[] = [];
  #wires: readonly { readonly to: number; readonly path: SVGPathElement }[] = [];
  /** The followed unit: a band behind all stages, and a frame around its value in each. */
  #band = svg("path");
  #frames = svg("path");
  #view: View | undefined;
  /** The step that the heat maps have the colours of. */
  #coloured: Step | undefined;

  constructor(options: DrawingOptions) {
    this.#options = options;
    this.element = element("div", { className: "drawing", role: "img" });
    onResize(this.element, () => this.#resize(), options.signal);
    this.element.addEventListener("click", (event) => this.#click(event));
  }

  show(view: View): void {
    this.#view = view;
    this.#fill();
  }

  get #plan(): readonly Stage[] {
    return STAGES[this.#options.run.cell];
  }

  #resize(): void {
    const width = Math.floor(this.element.clientWidth);
    if (width === 0 || width === this.#layout?.width) return;
    const { run } = this.#options;
    const inputs = run.steps[0]?.values.x?.length ?? 0;
    this.#layout = layOut(this.#plan, run.units, inputs, width);
    this.#draw(this.#layout, inputs);
    this.#coloured = undefined;
    this.#fill();
  }

  #draw(layout: Layout, inputs: number): void {
    const { width, height } = layout;
    this.#stages = layout.boxes.map((box) => this.#drawStage(layout, box, inputs));
    this.#wires = wiresOf(layout).map(({ to, d }) => ({ to, path: svg("path", { class: "wire", d }) }));
    this.#band = svg("path", { class: "band" });
    this.#frames = svg("path", { class: "unit" });
    const picture = svg(
      "svg",
      {
        class: width < NARROW ? "narrow" : "",
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        "aria-hidden": "true",
      },
      this.#band,
      ...this.#wires.map(({ path }) => path),
      ...this.#stages.map(({ group }) => group),
      this.#frames,
    );
    this.element.replaceChildren(picture);
  }

  #drawStage(layout: Layout, box: StageBox, inputs: number): DrawnStage {
    const { left, right, text, cellWidth, cellHeight, xHeight } = layout;
    const { run, strings } = this.#options;
    const { stage, top, maps, foot } = box;
    const rows = stage.maps.map(({ value, label }, index) => {
      const isInput = value === "x";
      const row = new HeatRow({
        count: isInput ? inputs : run.units,
        perRow: run.units,
        left,
        top: maps[index] as number,
        cell: { width: cellWidth, height: isInput ? xHeight : cellHeight },
      });
      const y = (maps[index] as number) + (isInput ? (Math.ceil(inputs / run.units) * xHeight) / 2 + 4 : 13);
      return { value, row, label: svg("text", { class: "label", x: text, y }, label) };
    });
    const numbers = svg("text", { class: "numbers", x: text, y: foot });
    const curve = stage.curve && box.curve ? new CurvePlot(stage.curve.shape, box.curve) : undefined;
    const group = svg(
      "g",
      { class: "stage", "data-stage": stage.name },
      svg("rect", { class: "back", x: text - 6, y: top, width: right - text + 12, height: box.height, rx: 6 }),
      svg("text", { class: "name", x: text, y: top + 16 }, strings.stages[stage.name]),
      svg("text", { class: "equation", x: text, y: top + 33 }, stage.equation),
      ...rows.flatMap(({ row, label }) => [label, row.element]),
      numbers,
      ...(curve ? [curve.element] : []),
    );
    return { group, maps: rows, numbers, curve };
  }

  #fill(): void {
    const [view, layout] = [this.#view, this.#layout];
    if (view === undefined || layout === undefined) return;
    const { step, stages, unit } = view;
    const { scale } = this.#options;
    const present = stages < this.#plan.length ? stages - 1 : -1; // none where all have been computed
    const at = (name: string): number => step.values[name]?.[unit] as number;
    for (const [index, { group, maps, numbers, curve }] of this.#stages.entries()) {
      const stage = this.#plan[index] as Stage;
      group.classList.toggle("now", index === present);
      group.classList.toggle("later", index >= stages);
      for (const { value, row } of step === this.#coloured ? [] : maps) {
        // Only an LSTM's cell state and its parts go beyond 1.
        const wide = value === "c0" || value === "c" || (stage.name === "cellState" && value !== "x");
        row.show(step.values[value], value === "x" ? scale.x : wide ? scale.c : 1);
      }
      numbers.textContent = partsOf(stage.numbers)
        .map((part) => ("value" in part ? short(at(part.value)) : part.text))
        .join("");
      if (stage.curve) curve?.mark(at(stage.curve.x));
    }
    this.#coloured = step;
    for (const { to, path } of this.#wires) {
      path.classList.toggle("now", to === present);
      path.classList.toggle("later", to >= stages);
    }
    const [first, last] = [layout.boxes[0] as StageBox, layout.boxes.at(-1) as StageBox];
    const [x, width] = [layout.left + unit * layout.cellWidth, layout.cellWidth - 1];
    const top = first.maps.at(-1) as number;
    const bottom = (last.maps.at(-1) as number) + layout.cellHeight - 1;
    this.#band.setAttribute("d", `M${x} ${top}h${width}V${bottom}h${-width}Z`);
    const frames = this.#plan.flatMap(({ maps }, index) =>
      maps.flatMap(({ value }, map) => {
        const y = layout.boxes[index]?.maps[map] as number;
        return value === "x" || index >= stages
          ? []
          : `M${x - 1} ${y - 1}h${width + 2}v${layout.cellHeight + 1}h${-width - 2}Z`;
      }),
    );
    this.#frames.setAttribute("d", frames.join(""));
  }

  #click(event: MouseEvent): void {
    const layout = this.#layout;
    if (layout === undefined) return;
    const { left, top } = this.element.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const index = layout.boxes.findIndex((box) => y >= box.top && y < box.top + box.height);
    if (index === -1) return;
    if (x >= layout.left && x < layout.right) {
      this.#options.onUnit(Math.floor((x - layout.left) / layout.cellWidth));
    } else this.#options.onStage(index);
  }
}
