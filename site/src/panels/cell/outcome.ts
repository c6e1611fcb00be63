import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import { HeatRow } from "./heat-row.js";
import { full, percent } from "./numbers.js";
import type { Session } from "./session.js";
import type { Conclusion, Run, Story } from "./story.js";
import { svg } from "./svg.js";
import { nameOf } from "./symbols.js";
import { concluded, hasRead } from "./walk.js";

/** The width and height of a unit in the heat maps, before they are stretched. */
const CELL = { width: 8, height: 16 };

/**
 * What comes of it, a row for each position: h(t) of every run side by side, empty where a run has not been yet, and what
 * the model concludes. Of the bidirectional LSTM these are the two halves of its output.
 */
export class Outcome {
  readonly element: HTMLElement;
  readonly #session: Session;
  readonly #story: Story;
  readonly #rows: readonly OutcomeRow[];

  constructor(session: Session, story: Story, strings: typeof en) {
    this.#session = session;
    this.#story = story;
    const { runs, symbols } = story;
    const { model } = session;
    const heads =
      model === "pinyin"
        ? [strings.character, strings.halves.forward, strings.halves.reverse, strings.pinyin, strings.probability]
        : [
            strings.character,
            strings.lastDigit,
            ...runs.flatMap(({ name }) => [`h, ${strings.runs[name]}`, strings.answer]),
          ];
    this.#rows = symbols.map((symbol, position) => {
      const heats = runs.map((run) => new HiddenState(run, position));
      const conclusion = story.conclusions[position] as Conclusion;
      const told = conclusion.kind === "pinyin" ? new Reading(conclusion, strings) : new Answers(conclusion);
      const name = element("th", { scope: "row" }, nameOf(symbol, position, strings));
      const row = element("tr", {}, name, ...told.around(heats.map((heat) => heat.element)));
      return { element: row, heats, told };
    });
    const table = element(
      "table",
      { className: `outcome ${model}` },
      element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...this.#rows.map((row) => row.element)),
    );
    this.element = element(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", ariaLabel: strings.outcome[model] },
      table,
    );
  }

  /** Shows how far the runs have come, and the followed unit. */
  show(): void {
    const [session, story] = [this.#session, this.#story];
    for (const [position, { element, heats, told }] of this.#rows.entries()) {
      const here = story.runs.some(({ steps }) => steps[session.t - 1]?.position === position);
      element.classList.toggle("here", here);
      for (const [index, run] of story.runs.entries()) {
        heats[index]?.show(hasRead(session, story, run, position), session.unit);
      }
      told.show(concluded(session, story, position) !== undefined);
    }
  }
}

interface OutcomeRow {
  readonly element: HTMLElement;
  readonly heats: readonly HiddenState[];
  readonly told: Reading | Answers;
}

/** h(t) of a run at a position. */
class HiddenState {
  readonly element: HTMLElement;
  readonly #values: ArrayLike<number> | undefined;
  readonly #row: HeatRow;
  readonly #unit = svg("rect", { class: "unit", y: -0.5, ...CELL });
  #read: boolean | undefined;

  constructor({ units, steps }: Run, position: number) {
    this.#values = steps.find((step) => step.position === position)?.values.h;
    this.#row = new HeatRow({ count: units, perRow: units, left: 0, top: 0, cell: CELL });
    const size = { viewBox: `-1 -1 ${units * CELL.width + 1} 17`, preserveAspectRatio: "none", "aria-hidden": "true" };
    const picture = svg("svg", size, this.#row.element, this.#unit);
    this.element = element("td", { className: "heat-cell" }, picture);
  }

  show(read: boolean, unit: number): void {
    this.#unit.setAttribute("x", `${unit * CELL.width - 0.5}`);
    if (read === this.#read) return;
    this.#read = read;
    this.#row.show(read ? this.#values : undefined, 1);
    this.#unit.style.display = read ? "" : "none";
  }
}

/** The pinyin and its probability. */
class Reading {
  readonly #pinyin: HTMLElement;
  readonly #probability: HTMLElement;

  constructor({ pinyin, probability }: Extract<Conclusion, { kind: "pinyin" }>, strings: typeof en) {
    this.#pinyin = element("span", {}, pinyin);
    this.#probability =
      probability === undefined
        ? element("span", { className: "muted" }, pinyin === "" ? "" : strings.onlyReading)
        : element("data", { value: String(probability) }, percent(probability));
  }

  /** The cells of the row, those of the hidden states among them. */
  around(heats: readonly HTMLElement[]): HTMLElement[] {
    return [...heats, element("td", { className: "pinyin" }, this.#pinyin), element("td", {}, this.#probability)];
  }

  show(told: boolean): void {
    this.#pinyin.hidden = !told;
    this.#probability.hidden = !told;
  }
}

/** The right digit, and behind each hidden state what its cell answers. */
class Answers {
  readonly #digit: number;
  readonly #answers: readonly HTMLElement[];

  constructor({ digit, answers }: Extract<Conclusion, { kind: "digit" }>) {
    this.#digit = digit;
    this.#answers = answers.map((answer) =>
      element(
        "data",
        { value: full(answer), className: Math.round(answer) === digit ? "" : "wrong" },
        answer.toFixed(2).replace("-", "−"),
      ),
    );
  }

  /** The cells of the row, those of the hidden states among them. */
  around(heats: readonly HTMLElement[]): HTMLElement[] {
    return [
      element("td", {}, `${this.#digit}`),
      ...this.#answers.flatMap((answer, index) => [heats[index] as HTMLElement, element("td", {}, answer)]),
    ];
  }

  show(told: boolean): void {
    for (const answer of this.#answers) answer.hidden = !told;
  }
}
