import { element } from "../../ui/element.js";
import { AllNumbers } from "./all-numbers.js";
import { STAGES } from "./cells.js";
import { Drawing } from "./drawing.js";
import type { en } from "./en.js";
import { followed } from "./followed.js";
import type { Session } from "./session.js";
import type { Run, Step, Story } from "./story.js";
import { nameOf } from "./symbols.js";

export interface RunViewOptions {
  readonly run: Run;
  readonly story: Story;
  readonly session: Session;
  readonly strings: typeof en;
  readonly onUnit: (unit: number) => void;
  readonly onStage: (index: number) => void;
  readonly signal: AbortSignal;
}

/** One run at the present step: the drawing of its cell, the followed unit in full, and all numbers. */
export class RunView {
  readonly element: HTMLElement;
  readonly #options: RunViewOptions;
  readonly #reads = element("span", { className: "reads" });
  readonly #unknown = element("p", { className: "muted" });
  readonly #drawing: Drawing;
  readonly #title = element("h3");
  readonly #followed = element("div");
  readonly #all: AllNumbers;

  constructor(options: RunViewOptions) {
    this.#options = options;
    const { run, story, strings, onUnit, onStage, signal } = options;
    this.#drawing = new Drawing({ run, scale: story.scale, strings, onUnit, onStage, signal });
    this.#all = new AllNumbers(run, strings);
    this.element = element(
      "article",
      { className: "card run" },
      element("h2", {}, strings.runs[run.name], this.#reads),
      this.#unknown,
      this.#drawing.element,
      this.#title,
      this.#followed,
      this.#all.element,
    );
    this.element.dataset.run = run.name;
  }

  show(): void {
    const { run, story, session, strings } = this.#options;
    const { unit, t } = session;
    const step = run.steps[t - 1] as Step;
    const stages = Math.min(session.stages, STAGES[run.cell].length);
    const symbol = nameOf(story.symbols[step.position], step.position, strings);
    this.#reads.textContent = ` ${symbol}`;
    this.#unknown.textContent = story.known[step.position] ? "" : strings.unknown;
    this.#drawing.element.ariaLabel = strings.picture(strings.runs[run.name], symbol, t, unit);
    this.#drawing.show({ step, stages, unit });
    this.#title.textContent = strings.inFull(unit);
    this.#followed.replaceChildren(followed(run, step, unit, stages, strings));
    this.#all.show(step);
  }
}
