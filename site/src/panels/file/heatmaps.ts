import { colourScale } from "../../ui/colour-scale.js";
import { element } from "../../ui/element.js";
import { Heatmap } from "../../ui/heatmap.js";
import type { en } from "./en.js";
import type { Values } from "./run.js";
import type { Session } from "./session.js";

/** Units that are shown at a time: more would make each heat map higher than a screen. */
export const UNITS = 64;

/** Gates, candidates and h lie between -1 and 1. These have no bound: 2 shows where they are large. */
const UNBOUNDED = new Set(["c", "reset"]);

/** The traced gates and states of a layer, one heat map each, with the same unit and step selected in all. */
export class Heatmaps {
  readonly element = element("div", { className: "grid" });
  readonly legend = element("p", { className: "muted legend" });
  readonly selected = element("p", { className: "muted", id: "file-selected" });
  readonly #session: Session;
  readonly #strings: typeof en;
  readonly #stepName: (step: number) => string;
  readonly #maps = new Map<string, Heatmap>();
  #trace = new Map<string, Values>();

  /** @param names of what is traced, in order */
  constructor(
    names: readonly string[],
    options: {
      session: Session;
      strings: typeof en;
      stepName: (step: number) => string;
      relu: boolean;
      signal: AbortSignal;
    },
  ) {
    const { session, strings, stepName, relu, signal } = options;
    [this.#session, this.#strings, this.#stepName] = [session, strings, stepName];
    const wide = relu ? undefined : names.find((name) => UNBOUNDED.has(name)); // an LSTM's c, a GRU's reset
    this.legend.append(...colourScale(strings, strings.colours(relu ? 2 : 1, wide)));
    for (const name of names) {
      const label = strings.traced[name as keyof typeof strings.traced];
      const map = new Heatmap({
        label,
        role: strings.heatmap,
        rows: { title: strings.unit, first: () => session.firstUnit },
        columns: { title: strings.stepAxis },
        limit: UNBOUNDED.has(name) || relu ? 2 : 1,
        describe: (row, step, value) => strings.value(session.firstUnit + row, stepName(step), value.toFixed(4)),
        onSelect: (row, step) => {
          [session.unit, session.step] = [session.firstUnit + row, step];
          this.#follow();
        },
        signal,
      });
      this.#maps.set(name, map);
      this.element.append(element("div", { className: "card" }, element("h3", {}, label), map.element));
    }
  }

  show(trace: readonly (readonly [name: string, values: Values])[]): void {
    this.#trace = new Map(trace);
    const session = this.#session;
    for (const [name, map] of this.#maps) {
      const { data, shape } = this.#trace.get(name) as Values;
      const [steps, units] = shape;
      const first = session.firstUnit;
      session.unit = Math.max(first, Math.min(session.unit, first + UNITS - 1, units - 1));
      session.step = Math.min(session.step, steps - 1);
      const rows = Math.min(UNITS, units - first);
      map.show({ rows, columns: steps, at: (row, step) => data[step * units + first + row] as number });
    }
    this.#follow();
  }

  /** The same unit and step in all of them, and their numbers in full. */
  #follow(): void {
    const { unit, step, firstUnit } = this.#session;
    for (const map of this.#maps.values()) map.select(unit - firstUnit, step);
    const numbers = [...this.#trace].map(([name, { data, shape }]) => {
      return `${name} ${(data[step * shape[1] + unit] as number).toFixed(4)}`;
    });
    this.selected.textContent = `${this.#strings.selected(unit, this.#stepName(step))}${numbers.join(", ")}`;
  }
}
