import type { PanelContext } from "../../../panel.js";
import { button, select, slider } from "../../../ui/controls.js";
import { element } from "../../../ui/element.js";
import type { en } from "../en.js";
import { runView } from "../run-view.js";
import { STEPS_OF_RUN } from "../steps-of-run.js";
import { LONGEST, TEXTS, type TextLesson } from "./lesson.js";

export function mountText(root: HTMLElement, lesson: TextLesson, all: typeof en, context: PanelContext): void {
  const strings = all.text;
  const { signal, announce } = context;
  const { run } = lesson;

  const written = element("pre", { className: "train-written", tabIndex: 0, ariaLabel: strings.written });
  written.setAttribute("role", "region");
  const view = runView({
    run,
    strings: all.run,
    stepsOfRun: STEPS_OF_RUN.text,
    file: "text.safetensors",
    context,
    ready: () => lesson.problem === undefined,
    prepare: async () => {
      await lesson.open();
      return lesson.problem === undefined;
    },
    onOpen: () => view.attempt(write()),
    onChange: () => {
      written.textContent = run.note ?? strings.nothingYet;
      writes.disabled = run.state === "new";
    },
  });
  const write = async (): Promise<void> => {
    await lesson.write();
    if (signal.aborted) return;
    view.refresh();
    announce(run.note ?? "");
  };
  const writes = button(strings.write, () => view.attempt(write()));
  const temperature = slider({
    label: strings.temperature,
    min: 0.1,
    max: 1.5,
    step: 0.1,
    value: lesson.temperature,
    format: (value) => value.toFixed(1),
    onChange: (value) => view.attempt(lesson.choose(value)),
  });

  const about = element("p", { className: "muted" });
  const text = element("textarea", {
    className: "train-source",
    value: lesson.text,
    maxLength: LONGEST,
    spellcheck: false,
    ariaLabel: strings.text,
  });
  const show = (): void => {
    source.value = lesson.source;
    const characters = [...lesson.text];
    about.textContent = `${strings.about[lesson.source]}${strings.space}${strings.counts(characters.length, new Set(characters).size)}`;
  };
  /** Another text is another model. */
  const changed = async (): Promise<void> => {
    await lesson.open();
    if (signal.aborted) return;
    view.complain(lesson.text === "" ? undefined : lesson.problem); // nobody has begun to type
    view.refresh();
    show();
  };
  const source = select({
    label: strings.source,
    options: strings.sources,
    value: lesson.source,
    onChange: (chosen) => {
      lesson.source = chosen;
      lesson.text = chosen === "own" ? "" : TEXTS[chosen];
      text.value = lesson.text;
      if (chosen === "own") text.focus();
      view.attempt(changed());
    },
  });
  text.addEventListener("input", () => {
    [lesson.text, lesson.source] = [text.value, "own"];
    view.attempt(changed());
  });

  root.append(
    element("p", {}, strings.intro),
    element("h2", {}, strings.text),
    element("div", { className: "card train-settings" }, source.element, text, about),
    element("h2", {}, all.run.title),
    view.element,
    element("h2", {}, strings.written),
    element(
      "div",
      { className: "card train-settings" },
      written,
      element("div", { className: "row" }, temperature.element, writes),
    ),
  );
  show();
  view.refresh();
}
