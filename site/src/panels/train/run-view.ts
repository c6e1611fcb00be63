import type { PanelContext } from "../../panel.js";
import { Chart } from "../../ui/chart.js";
import { button } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { saveFile } from "../../ui/save-file.js";
import { Alert } from "./alert.js";
import type { en } from "./en.js";
import { openButton } from "./files.js";
import { type Run, reasonOf } from "./run.js";
import type { Problem } from "./trainer.js";

export interface RunView {
  readonly element: HTMLElement;
  /** Shows the run as it is now. */
  refresh(): void;
  /** Shows what is wrong with a file or the data, or that nothing is. */
  complain(problem: Problem | undefined): void;
  /** Waits for work; shows why it failed, unless the visitor has gone on. */
  attempt(work: Promise<unknown>): void;
}

/** What every lesson has: train, pause, go on, reset, save, open, the numbers of the run and its loss. */
export function runView<Config, Note>(options: {
  run: Run<Config, Note>;
  strings: typeof en.run;
  /** How many steps it trains before it stops by itself. */
  stepsOfRun: number;
  /** What the downloaded file is called. */
  file: string;
  context: PanelContext;
  /** Whether there is something to learn from. */
  ready: () => boolean;
  /** Before the first step: the data goes to the worker. False if it is refused. */
  prepare: () => Promise<boolean>;
  /** A model was opened. */
  onOpen: (config: Config) => void;
  /** What the lesson shows of the run, after each change. */
  onChange: () => void;
}): RunView {
  const { run, strings, stepsOfRun, file, context, ready, prepare, onOpen, onChange } = options;
  const { announce, signal } = context;

  const main = button("", () => attempt(toggle()), "primary");
  const reset = button(strings.reset, () => attempt(run.reset().then(() => announce(strings.wasReset))));
  const download = button(strings.download, () => attempt(run.save().then((bytes) => saveFile(file, [bytes]))));
  const open = openButton({
    label: strings.open,
    accept: ".safetensors",
    onOpen: (chosen) => attempt(take(chosen)),
  });
  const alert = new Alert();
  const numbers = Object.fromEntries(
    (["step", "samples", "rate", "loss"] as const).map((name) => [name, element("dd", {}, "–")]),
  ) as Record<"step" | "samples" | "rate" | "loss", HTMLElement>;
  for (const [name, made] of Object.entries(numbers)) made.dataset.number = name;
  const chart = new Chart({
    title: strings.lossTitle,
    x: strings.step,
    curves: [{ label: strings.loss, colour: "--curve-1" }],
    empty: strings.noLoss,
    describe: ([xs, ys]) => {
      const [first, last] = [ys?.[0], ys?.at(-1)];
      if (first == null || last == null) return strings.noLoss;
      return strings.lossFrom(first.toFixed(3), last.toFixed(3), Number(xs.at(-1)));
    },
    height: 200,
    signal,
  });

  const complain = (problem: Problem | undefined): void => {
    alert.say(problem && strings.problem(problem));
  };
  const attempt = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => {
      if (!signal.aborted) alert.say(strings.failed(reasonOf(error)));
    });
  };
  const take = async (chosen: File): Promise<void> => {
    const loaded = await run.load(await chosen.arrayBuffer());
    if (signal.aborted) return;
    complain("problem" in loaded ? loaded.problem : undefined);
    if ("problem" in loaded) return;
    onOpen(loaded.config);
    announce(strings.opened(run.step));
  };
  const toggle = async (): Promise<void> => {
    if (run.state === "running") return run.pause();
    complain(undefined);
    if (run.state === "new" && !(await prepare())) return;
    announce(strings.trains);
    await run.train();
    if (!signal.aborted && run.state === "paused") announce(strings.pausedAt(run.step));
  };
  const refresh = (): void => {
    main.textContent = run.state === "running" ? strings.pause : run.state === "new" ? strings.train : strings.resume;
    main.disabled = run.state !== "running" && !ready();
    reset.disabled = run.state === "new";
    download.disabled = run.state === "new";
    numbers.step.textContent = run.step.toLocaleString("en");
    numbers.samples.textContent = run.samples.toLocaleString("en");
    numbers.rate.textContent = run.rate === 0 ? "–" : run.rate.toFixed(0);
    numbers.loss.textContent = run.loss?.toFixed(4) ?? "–";
    if (run.failure !== undefined) alert.say(strings.failed(run.failure));
    chart.show(run.losses.points);
    onChange();
  };
  run.onChange = refresh;
  signal.addEventListener("abort", () => {
    if (run.onChange === refresh) run.onChange = undefined;
  });

  return {
    element: element(
      "section",
      { className: "card train-run", ariaLabel: strings.title },
      element("div", { className: "row" }, main, reset, download, open),
      alert.element,
      element("p", { className: "muted" }, strings.stops(stepsOfRun.toLocaleString("en"))),
      element(
        "dl",
        { className: "train-numbers" },
        ...(["step", "samples", "rate", "loss"] as const).map((name) =>
          element("div", {}, element("dt", {}, strings.numbers[name]), numbers[name]),
        ),
      ),
      chart.element,
    ),
    refresh,
    complain,
    attempt,
  };
}
