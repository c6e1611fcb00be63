import type { Segment } from "../../../../examples/vad/segments.js";
import { button } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import type { en } from "./en.js";

/** The list stays short for a microphone that is heard for hours. */
const MOST = 40;

/** From when to when somebody speaks, in seconds. A segment of a file can be played. */
export class SegmentList {
  readonly element = element("div", { className: "segments" });
  readonly #strings: typeof en;
  readonly #play: (start: number) => void;
  #shown: string | undefined;

  /** @param play plays the sound from this second on */
  constructor(strings: typeof en, play: (start: number) => void) {
    this.#strings = strings;
    this.#play = play;
  }

  show(segments: readonly Segment[], playable: boolean): void {
    const last = segments.slice(-MOST);
    const texts = last.map(({ start, end }) => this.#strings.segment(start.toFixed(2), end.toFixed(2)));
    // New elements would take the keyboard's focus away, so only what changed is made anew.
    const shown = JSON.stringify([segments.length, texts, playable]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const items = last.map(({ start }, i) => {
      const text = texts[i] as string;
      if (!playable) return element("li", {}, text);
      const play = button(text, () => this.#play(start));
      play.ariaLabel = this.#strings.play(text);
      return element("li", {}, play);
    });
    const before = segments.length - last.length;
    this.element.replaceChildren(
      items.length === 0 ? element("p", { className: "muted" }, this.#strings.none) : element("ul", {}, ...items),
      ...(before > 0 ? [element("p", { className: "muted" }, this.#strings.earlier(before))] : []),
    );
  }
}
