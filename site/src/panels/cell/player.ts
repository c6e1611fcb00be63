import { button, slider } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import type { Session } from "./session.js";
import type { Story } from "./story.js";
import { goBy, goByStage, goTo, lengthOf } from "./walk.js";

export interface PlayerOptions {
  readonly session: Session;
  readonly story: () => Story;
  readonly strings: typeof en;
  /** The visitor or the clock has gone on. */
  readonly onChange: () => void;
  /** Says where the walk is, in words. */
  readonly describe: () => string;
  readonly signal: AbortSignal;
}

/** Play, pause, back and on, by a character or by a stage, and the speed. */
export class Player {
  readonly sliders: HTMLElement;
  readonly buttons: HTMLElement;
  readonly #options: PlayerOptions;
  readonly #play: HTMLButtonElement;
  readonly #step;
  readonly #range: HTMLInputElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    const { session, story, strings, describe, signal } = options;
    const by = (name: string, label: string, go: () => void) => {
      const made = button(label, () => this.#go(go));
      made.dataset.go = name;
      return made;
    };
    this.#play = button("", () => this.#toggle(), "primary");
    this.#play.dataset.go = "play";
    this.#step = slider({
      label: strings.step,
      min: 1,
      max: Math.max(1, lengthOf(story())),
      step: 1,
      value: session.t,
      format: () => describe(),
      onChange: (t) => this.#go(() => goTo(session, story(), t)),
    });
    this.#range = this.#step.element.querySelector("input") as HTMLInputElement;
    this.#range.dataset.go = "step";
    this.#step.element.classList.add("wide");
    const speed = slider({
      label: strings.speed,
      min: 0.5,
      max: 12,
      step: 0.5,
      value: session.speed,
      format: strings.stagesPerSecond,
      onChange: (value) => {
        session.speed = value;
      },
    });
    (speed.element.querySelector("input") as HTMLInputElement).dataset.go = "speed";
    this.buttons = element(
      "div",
      { className: "player" },
      this.#play,
      by("back", strings.back, () => goBy(session, story(), -1)),
      by("on", strings.on, () => goBy(session, story(), 1)),
      by("stageBack", strings.stageBack, () => goByStage(session, story(), -1)),
      by("stageOn", strings.stageOn, () => goByStage(session, story(), 1)),
    );
    this.sliders = element("div", { className: "row" }, this.#step.element, speed.element);
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.show();
    if (session.playing) this.#tick();
  }

  /** After a change from outside: of the text, the step or the stage. */
  show(): void {
    const { session, story, strings } = this.#options;
    this.#range.max = `${Math.max(1, lengthOf(story()))}`;
    this.#step.value = session.t;
    this.#play.textContent = session.playing ? strings.pause : strings.play;
  }

  /** The keys of the panel: arrows go by a character, with shift by a stage; space plays and pauses. */
  key(event: KeyboardEvent): void {
    const { session, story } = this.#options;
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : undefined;
    if (by !== undefined) {
      this.#go(() => (event.shiftKey ? goByStage(session, story(), by) : goBy(session, story(), by)));
    } else if (event.key === " ") this.#toggle();
    else return;
    event.preventDefault();
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#options.session.playing = false;
    this.show();
  }

  #go(go: () => void): void {
    this.pause();
    go();
    this.#options.onChange();
  }

  #toggle(): void {
    const { session, story, onChange } = this.#options;
    if (session.playing) {
      this.pause();
      onChange();
      return;
    }
    session.playing = true;
    // At the end, from the start again.
    if (session.t >= lengthOf(story()) && session.stages === Number.POSITIVE_INFINITY) {
      session.t = 1;
      session.stages = 1;
    }
    onChange();
    this.#tick();
  }

  #tick(): void {
    const { session, story, onChange } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const goes = goByStage(session, story(), 1);
      if (!goes) {
        session.playing = false;
        session.stages = Number.POSITIVE_INFINITY;
      }
      onChange();
      if (goes) this.#tick();
    }, 1000 / session.speed);
  }
}
