import type { PanelContext } from "../../../panel.js";
import { Chart } from "../../../ui/chart.js";
import { type Control, select, slider } from "../../../ui/controls.js";
import { element } from "../../../ui/element.js";
import { Alert } from "../alert.js";
import type { en } from "../en.js";
import { openButton } from "../files.js";
import { runView } from "../run-view.js";
import { STEPS_OF_RUN } from "../steps-of-run.js";
import type { ForecastLesson } from "./lesson.js";
import type { SeriesName } from "./series.js";
import { type ForecastSettings, LIMITS } from "./settings.js";

export async function mountForecast(
  root: HTMLElement,
  lesson: ForecastLesson,
  all: typeof en,
  context: PanelContext,
): Promise<void> {
  await lesson.opened;
  const { signal, announce } = context;
  if (signal.aborted) return;
  const strings = all.forecast;
  const { run } = lesson;
  const number = (value: number) => value.toLocaleString("en", { maximumSignificantDigits: 4 });

  const view = runView({
    run,
    strings: all.run,
    stepsOfRun: STEPS_OF_RUN.forecast,
    file: "forecast.safetensors",
    context,
    ready: () => lesson.problem === undefined,
    prepare: async () => {
      await lesson.set(lesson.settings);
      view.complain(lesson.problem);
      return lesson.problem === undefined;
    },
    onOpen: ({ window, horizon, season, scale }) => {
      lesson.settings = { window, horizon, season, scale };
      lesson.problem = undefined;
      showSettings();
    },
    onChange: () => {
      showSeries();
      showErrors();
    },
  });

  const change = async (settings: Partial<ForecastSettings>): Promise<void> => {
    await lesson.set({ ...lesson.settings, ...settings });
    changed();
  };
  const changed = (): void => {
    if (signal.aborted) return;
    view.complain(lesson.problem);
    view.refresh();
  };
  const [window, horizon, season] = (["window", "horizon", "season"] as const).map((name) =>
    slider({
      label: strings[name],
      min: LIMITS[name][0],
      max: LIMITS[name][1],
      step: 1,
      value: lesson.settings[name],
      format: strings.values,
      onChange: (value) => view.attempt(change({ [name]: value })),
    }),
  ) as [Control<number>, Control<number>, Control<number>];
  const scale = select({
    label: strings.scale,
    options: strings.scales,
    value: lesson.settings.scale,
    onChange: (scale) => view.attempt(change({ scale })),
  });
  const showSettings = (): void => {
    const { settings } = lesson;
    [window.value, horizon.value, season.value] = [settings.window, settings.horizon, settings.season];
    scale.value = settings.scale;
  };

  const about = element("p", { className: "muted" });
  const csvAlert = new Alert();
  const series = select<SeriesName | "own">({
    label: strings.series,
    options: strings.names,
    value: typeof lesson.source === "string" ? lesson.source : "own",
    onChange: (chosen) => {
      csvAlert.say(undefined);
      if (chosen === "own")
        showSource(); // it is chosen by opening a file
      else view.attempt(lesson.choose(chosen).then(another));
    },
  });
  const open = openButton({
    label: strings.openCsv,
    accept: ".csv,.tsv,.txt,text/csv",
    onOpen: (file) => view.attempt(read(file)),
  });
  const read = async (file: File): Promise<void> => {
    const problem = await lesson.open(file.name, await file.text());
    if (signal.aborted) return;
    csvAlert.say(problem && strings.csvProblem(file.name, problem));
    if (problem === undefined) another();
  };
  /** There is another series. */
  const another = (): void => {
    if (signal.aborted) return;
    showSource();
    showSettings();
    changed();
    announce(about.textContent ?? "");
  };
  const showSource = (): void => {
    const { source, values } = lesson;
    series.value = typeof source === "string" ? source : "own";
    about.textContent =
      typeof source === "string" ? strings.about[source] : strings.aboutFile(source.file, values.length);
  };

  const chart = new Chart({
    title: strings.chart,
    x: strings.x,
    formatX: (x) => `${Number(x.toFixed(2))}`,
    curves: [
      { label: strings.curves.series, colour: "--curve-1" },
      { label: strings.curves.backTest, colour: "--curve-2" },
      { label: strings.curves.next, colour: "--curve-3" },
    ],
    describe: () => strings.described(lesson.values.length, run.note?.next.map(number) ?? []),
    height: 280,
    signal,
  });
  const showSeries = (): void => {
    const { values, settings } = lesson;
    const length = values.length + settings.horizon;
    const { backTest, next = [] } = run.note ?? {};
    const place = (from: number, part: readonly number[]) =>
      Array.from({ length }, (_, index) => part[index - from] ?? null);
    chart.show([
      Array.from({ length }, (_, index) => lesson.xOf(index)),
      place(0, values),
      place(backTest?.from ?? 0, backTest?.values ?? []),
      // It begins at the last value, so that the curve is joined.
      next.length === 0 ? place(0, []) : place(values.length - 1, [values.at(-1) as number, ...next]),
    ]);
  };

  const cells = { model: element("td"), last: element("td"), season: element("td") };
  const verdict = element("p", { id: "forecast-verdict" });
  const showErrors = (): void => {
    const { note } = run;
    cells.model.textContent = note === undefined ? "–" : number(note.error);
    cells.last.textContent = note === undefined ? "–" : number(note.naive.last);
    cells.season.textContent = note === undefined ? "–" : number(note.naive.season);
    if (note === undefined || lesson.best === undefined) verdict.textContent = strings.noErrors;
    else {
      const share = note.error / Math.min(note.naive.last, note.naive.season);
      verdict.textContent = `${strings.verdict(share)}${strings.space}${strings.best(number(lesson.best.error), lesson.best.step)}`;
    }
  };

  root.append(
    element("p", {}, strings.intro),
    element("h2", {}, strings.seriesTitle),
    element(
      "div",
      { className: "card train-settings" },
      element("div", { className: "row" }, series.element, open),
      csvAlert.element,
      about,
      element("div", { className: "row" }, window.element, horizon.element, season.element, scale.element),
      element("p", { className: "muted" }, strings.terms),
    ),
    element("h2", {}, all.run.title),
    view.element,
    element("h2", {}, strings.forecastTitle),
    element("div", { className: "card" }, chart.element),
    element("h3", { className: "train-heading" }, strings.errorsTitle),
    element(
      "table",
      { className: "train-errors" },
      element(
        "tbody",
        {},
        ...(["model", "last", "season"] as const).map((name) =>
          element("tr", {}, element("th", { scope: "row" }, strings.errors[name]), cells[name]),
        ),
      ),
    ),
    verdict,
  );
  for (const [name, cell] of Object.entries(cells)) cell.dataset.error = name;
  showSource();
  view.complain(lesson.problem);
  view.refresh();
}
