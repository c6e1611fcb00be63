import { number } from "../../../../bench/claims/summary.js";
import type { PanelContext } from "../../panel.js";
import { Chart } from "../../ui/chart.js";
import { slider } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { curves } from "./cells.js";
import type { Gradients } from "./gradients.js";
import type { Strings } from "./index.js";
import { notes } from "./notes.js";
import { figure, Table } from "./table.js";

/** The lengths of the tables in docs/claims.md. */
const SHOWN = [10, 30, 100, 200, 500];
/** The longest T begins with this one of the settings' lengths. */
const SHORTEST = 10;

export function gradientView(gradients: Gradients, all: Strings, { signal, announce }: PanelContext): HTMLElement {
  const { gradient: strings, cell } = all;
  const lengths = gradients.settings.steps.filter((steps) => steps >= SHORTEST);
  const words = (value: number | null): string => (value === null ? strings.overflow : number(value));
  const describe = (): string => {
    const { length, cells } = gradients;
    const values = cells.flatMap((name) => {
      const value = gradients.reached(name, length);
      return value === undefined ? [] : [strings.value(cell(name), words(value))];
    });
    return strings.describe(length, values.join(all.comma) || "…");
  };

  const chart = new Chart({
    title: strings.chart,
    x: strings.x,
    curves: curves(all),
    describe,
    height: 360,
    logarithmic: true,
    range: [1e-20, 1e20],
    format: number,
    signal,
  });
  const table = new Table(strings.table);
  const section = element("section", { className: "experiment" });

  const show = (): void => {
    const { cells, lengths, length } = gradients;
    // 0 has no place on a logarithmic scale, nor has an overflow: both are gaps.
    const values = cells.map((name) => lengths.map((steps) => gradients.reached(name, steps) || null));
    chart.show([[...lengths], ...values]);
    const columns = [...new Set([...SHOWN.filter((steps) => steps <= length), length])];
    table.show(
      [strings.steps, ...columns.map(String)],
      cells.map((name) => [
        cell(name),
        ...columns.map((steps) => {
          const value = gradients.reached(name, steps);
          return value === undefined ? "…" : value === null ? strings.overflow : figure(value);
        }),
      ]),
    );
    const busy = String(!gradients.complete && gradients.failure === undefined);
    if (section.ariaBusy === "true" && busy === "false") announce(describe());
    section.ariaBusy = busy;
  };
  const choose = (): void => {
    show();
    void gradients.measure();
  };

  section.append(
    element("h2", {}, strings.title),
    element("p", {}, strings.shows),
    element(
      "div",
      { className: "row" },
      slider({
        label: strings.length,
        ...{ min: 0, max: lengths.length - 1, step: 1, value: lengths.indexOf(gradients.length) },
        format: (index) => String(lengths[index]),
        onChange: (index) => {
          gradients.length = lengths[index] as number;
          choose();
        },
      }).element,
      slider({
        label: strings.scale,
        ...{ min: -1, max: 3, step: 0.5, value: Math.log2(gradients.scale) },
        format: (exponent) => strings.scaleValue(String(Number((2 ** exponent).toPrecision(3)))),
        onChange: (exponent) => {
          gradients.scale = 2 ** exponent;
          choose();
        },
      }).element,
      slider({
        label: strings.forgetBias,
        ...{ min: 0, max: 5, step: 0.5, value: gradients.forgetBias },
        onChange: (forgetBias) => {
          gradients.forgetBias = forgetBias;
          choose();
        },
      }).element,
    ),
    element("div", { className: "card" }, chart.element),
    table.element,
    element("p", { className: "muted" }, `${strings.legend}${all.space}${strings.record}`),
    notes(strings.look, strings.notes, all.space),
  );
  gradients.addEventListener("change", show, { signal });
  show();
  return section;
}
