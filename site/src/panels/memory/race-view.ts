import { number } from "../../../../bench/claims/summary.js";
import type { PanelContext } from "../../panel.js";
import { Chart, type ChartOptions } from "../../ui/chart.js";
import { button, select, slider } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { curves } from "./cells.js";
import type { Strings } from "./index.js";
import { notes } from "./notes.js";
import type { Lane, Race } from "./race.js";
import { figure, Table } from "./table.js";

/** A loss is drawn as the mean of so many updates: one batch alone jumps. */
const AVERAGED = 10;

export function raceView(race: Race, all: Strings, { signal, announce }: PanelContext): HTMLElement {
  const { race: strings, cell } = all;
  const { settings } = race;
  const describe = (): string => {
    const values = race.lanes.flatMap(({ cell: name, points }) => {
      const last = points.at(-1);
      return last === undefined ? [] : [strings.value(cell(name), number(last.error), last.updates)];
    });
    return strings.describe(values.join(all.comma) || strings.notYet);
  };
  const options = {
    x: strings.x,
    curves: [...curves(all), { label: all.solvedLine, colour: "--muted", dash: [2, 4], points: false }],
    describe,
    height: 280,
    logarithmic: true,
    range: [0.005, 10],
    format: number,
    signal,
  } satisfies Omit<ChartOptions, "title">;
  const losses = new Chart({ ...options, title: strings.losses });
  const errors = new Chart({ ...options, title: strings.errors });
  /** The same curves for every lane, over the updates that are multiples of `every`, with the line that means solved. */
  const draw = (chart: Chart, every: number, value: (lane: Lane, updates: number) => number | undefined): void => {
    const x = Array.from({ length: settings.updates / every + 1 }, (_, i) => i * every);
    const values = race.lanes.map((lane) => x.map((updates) => finite(value(lane, updates))));
    chart.show([x, ...values, x.map(() => settings.solved)]);
  };
  const table = new Table(strings.table);

  /** How far a network is, in words. */
  const progress = (lane: Lane): string => {
    if (race.arrived(lane)) return strings.solved(lane.updates);
    if (lane.updates === settings.updates) return strings.unsolved(lane.updates);
    return race.state === "ready" ? strings.waiting : strings.training(lane.updates);
  };
  const row = (lane: Lane): (Node | string)[] => {
    const [first, last] = [lane.points[0], lane.points.at(-1)];
    const bar = element("progress", { max: settings.updates, value: lane.updates, ariaLabel: cell(lane.cell) });
    const gradient = element("span");
    if (first && last) gradient.append(figure(first.input), " → ", figure(last.input));
    return [
      cell(lane.cell),
      element("span", {}, bar, ` ${progress(lane)}`),
      last === undefined ? "–" : figure(last.error),
      first === undefined ? "–" : gradient,
    ];
  };

  const go = button(
    "",
    () => {
      if (race.state === "running") return race.pause();
      if (race.state === "over") race.reset();
      void race.run();
    },
    "primary",
  );
  const reset = button(strings.reset, () => race.reset());
  /** Which networks have been told of: a screen reader hears of each once. */
  const told = new Set(race.lanes.filter((lane) => race.arrived(lane)));

  const show = (): void => {
    const { lanes, state } = race;
    draw(losses, AVERAGED, (lane, updates) =>
      meanOf(lane.losses.slice(Math.max(0, updates - AVERAGED), updates), AVERAGED),
    );
    draw(errors, settings.every, (lane, updates) => lane.points[updates / settings.every]?.error);
    const { columns } = strings;
    table.show([columns.cell, columns.progress, columns.error, columns.gradient], lanes.map(row));
    go.textContent = { ready: strings.start, running: strings.pause, paused: strings.resume, over: strings.again }[
      state
    ];
    for (const lane of lanes) {
      if (!race.arrived(lane) || told.has(lane)) continue;
      told.add(lane);
      announce(strings.told(cell(lane.cell), progress(lane)));
    }
  };

  const lengths = settings.steps;
  const section = element(
    "section",
    { className: "experiment" },
    element("h2", {}, strings.title),
    element("p", {}, strings.shows),
    element(
      "div",
      { className: "row" },
      slider({
        label: strings.steps,
        ...{ min: 0, max: lengths.length - 1, step: 1, value: lengths.indexOf(race.steps) },
        format: (index) => String(lengths[index]),
        onChange: (index) => {
          race.steps = lengths[index] as number;
          race.reset();
        },
      }).element,
      select({
        label: strings.marks,
        options: strings.marksOf,
        value: race.marks,
        onChange: (marks) => {
          race.marks = marks;
          race.reset();
        },
      }).element,
      slider({
        label: strings.forgetBias,
        ...{ min: 0, max: 5, step: 0.5, value: race.forgetBias },
        onChange: (forgetBias) => {
          race.forgetBias = forgetBias;
          race.reset();
        },
      }).element,
      select({
        label: strings.seed,
        options: Object.fromEntries(settings.seeds.map((seed) => [seed, String(seed)])),
        value: String(race.seed),
        onChange: (seed) => {
          race.seed = Number(seed);
          race.reset();
        },
      }).element,
    ),
    element("div", { className: "row" }, go, reset),
    element(
      "div",
      { className: "grid" },
      ...[losses, errors].map((chart) => element("div", { className: "card" }, chart.element)),
    ),
    table.element,
    element("p", { className: "muted" }, strings.legend),
    notes(strings.look, strings.notes, all.space),
  );
  race.addEventListener("change", show, { signal });
  show();
  return section;
}

/** null, which is a gap in a curve, where there is no such number. */
const finite = (value = Number.NaN): number | null => (Number.isFinite(value) ? value : null);

function meanOf(values: readonly number[], length: number): number | undefined {
  return values.length === length ? values.reduce((sum, value) => sum + value, 0) / length : undefined;
}
