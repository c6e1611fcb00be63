import type { PanelContext } from "../../panel.js";
import { colourScale } from "../../ui/colour-scale.js";
import { type Control, select, slider, textField } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import "./cell.css";
import { en } from "./en.js";
import { Outcome } from "./outcome.js";
import { Player } from "./player.js";
import { RunView } from "./run-view.js";
import { type ModelName, Session } from "./session.js";
import type { RunName, Story } from "./story.js";
import { nameOf, Symbols } from "./symbols.js";
import { goTo } from "./walk.js";
import { zh } from "./zh.js";

export async function mount(root: HTMLElement, { language, signal, keep, announce }: PanelContext): Promise<void> {
  const strings = { en, zh }[language];
  const session = keep(() => new Session());
  let story: Story = await session.read();
  if (signal.aborted) return;

  /** Where the walk is, in words. */
  const describe = (): string => {
    if (story.symbols.length === 0) return strings.noText;
    const symbols = story.runs.map(({ steps }) => {
      const position = steps[session.t - 1]?.position ?? 0;
      return nameOf(story.symbols[position], position, strings);
    });
    // Both directions are at different characters, the three cells at the same one.
    const reads = story.runs.map(({ name }, index) => strings.reads(strings.runs[name], symbols[index] as string));
    const characters = session.model === "pinyin" ? reads.join(strings.and) : (symbols[0] ?? "");
    return strings.at(session.t, story.symbols.length, characters);
  };

  const intro = element("p");
  const legend = element("p", { className: "muted legend" });
  const runs = element("div", { className: "runs" });
  const outcomeTitle = element("h2");
  const outcomeText = element("p");
  const outcomeBox = element("div");
  const lookFor = element("p");
  const symbols = new Symbols((position) => {
    player.pause();
    goTo(session, story, position + 1);
    draw();
  });
  const player = new Player({ session, story: () => story, strings, describe, signal, onChange: () => draw() });
  let views: readonly RunView[] = [];
  let outcome: Outcome | undefined;
  let mounted = new AbortController();

  /** Draws what the step, the stage or the unit changes. */
  const draw = (): void => {
    player.show();
    walk.classList.toggle("playing", session.playing);
    unit.value = session.unit;
    symbols.show(session, story, strings);
    for (const view of views) view.show();
    outcome?.show();
    if (!session.playing) announce(describe());
  };

  const follow = (chosen: number): void => {
    session.unit = chosen;
    draw();
  };

  /** Draws everything: after another text, model or choice of runs. */
  const show = (): void => {
    const { model } = session;
    mounted.abort();
    mounted = new AbortController();
    intro.textContent = strings.intro[model];
    outcomeTitle.textContent = strings.outcome[model];
    outcomeText.textContent = strings.outcomeText[model];
    lookFor.textContent = model === "digits" ? strings.lookFor : "";
    lookFor.hidden = model !== "digits";
    if (text.value !== session.text) text.value = session.text;
    const units = story.runs[0]?.units ?? 1;
    session.unit = Math.min(session.unit, units - 1);
    (unit.element.querySelector("input") as HTMLInputElement).max = `${units - 1}`;
    session.t = Math.max(1, Math.min(session.t, story.symbols.length));
    const { scale } = story;
    legend.replaceChildren(...colourScale(strings, strings.colours(scale.x.toFixed(1), scale.c.toFixed(1))));
    const chosen = story.runs.filter(({ name }) => session.shown === "all" || session.shown === name);
    views = chosen.map(
      (run) =>
        new RunView({
          ...{ run, story, session, strings, signal: mounted.signal, onUnit: follow },
          onStage: (stage) => {
            player.pause();
            session.stages = stage + 1;
            draw();
          },
        }),
    );
    outcome = new Outcome(session, story, strings);
    outcomeBox.replaceChildren(outcome.element);
    runs.className = `runs ${model}`;
    runs.replaceChildren(
      ...(views.length > 0
        ? views.map(({ element }) => element)
        : [element("p", { className: "muted" }, strings.noText)]),
    );
    shownBox.replaceChildren(shownSelect().element);
    draw();
  };
  signal.addEventListener("abort", () => mounted.abort());

  const read = async (): Promise<void> => {
    const { text, model } = session;
    try {
      const answer = await session.read();
      if (signal.aborted || text !== session.text || model !== session.model) return; // a newer one is on its way
      story = answer;
      show();
    } catch (error) {
      if (signal.aborted) return;
      runs.replaceChildren(element("p", { role: "alert" }, strings.failed(String(error))));
    }
  };

  const model = select<ModelName>({
    label: strings.model,
    options: strings.models,
    value: session.model,
    onChange: (chosen) => {
      player.pause();
      Object.assign(session, { model: chosen, shown: "all" });
      void read();
    },
  });
  const text = textField({
    label: strings.text,
    value: session.text,
    maxLength: 40,
    onChange: (typed) => {
      player.pause();
      session.text = typed;
      void read();
    },
  });
  const shownBox = element("div");
  const shownSelect = (): Control<RunName | "all"> => {
    const names = story.runs.map(({ name }) => [name, strings.runs[name]] as const);
    return select<RunName | "all">({
      label: strings.shown,
      options: { all: strings.all[session.model], ...Object.fromEntries(names) } as Record<RunName | "all", string>,
      value: session.shown,
      onChange: (chosen) => {
        session.shown = chosen;
        show();
        shownBox.querySelector("select")?.focus();
      },
    });
  };
  const unit = slider({
    label: strings.unit,
    ...{ min: 0, max: 31, step: 1, value: session.unit, onChange: follow },
  });

  const walk = element(
    "section",
    { className: "walk" },
    element("div", { className: "row" }, model.element, text.element, shownBox, unit.element),
    symbols.element,
    player.sliders,
    player.buttons,
    element("p", { className: "muted keys" }, strings.keys),
    runs,
    legend,
    element("p", { className: "muted note" }, strings.rounding),
  );
  addEventListener(
    "keydown",
    (event) => {
      const { target } = event;
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      if (target instanceof Element && target.closest("input, select, textarea, summary, a, .scroll")) return;
      if (event.key === " " && target instanceof HTMLButtonElement) return; // it presses the button
      player.key(event);
    },
    { signal },
  );
  root.append(intro, lookFor, walk, outcomeTitle, outcomeText, outcomeBox);
  show();
}
