import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import { HeatRow } from "./heat-row.js";
import { full, percent } from "./numbers.js";
import type { Session } from "./session.js";
import type { Run, Story } from "./story.js";
import { svg } from "./svg.js";
import { nameOf } from "./symbols.js";
import { concluded, hasRead } from "./walk.js";

/**
 * What comes of it, a row for each position: h(t) of every run side by side, empty where a run has not been yet, and what
 * the model concludes. Of the bidirectional LSTM these are the two halves of its output.
 */
export function outcome(session: Session, story: Story, strings: typeof en): HTMLElement {
  const pinyin = session.model === "pinyin";
  const heads = pinyin
    ? [strings.character, strings.halves.forward, strings.halves.reverse, strings.pinyin, strings.probability]
    : [
        strings.character,
        strings.lastDigit,
        ...story.runs.flatMap(({ name }) => [`h, ${strings.runs[name]}`, strings.answer]),
      ];
  const rows = story.symbols.map((symbol, position) => {
    const heat = story.runs.map((run) =>
      element("td", { className: "heat-cell" }, heatOf(session, story, run, position)),
    );
    const cells = pinyin
      ? [...heat, ...readingCells(session, story, position, strings)]
      : answerCells(session, story, position, heat);
    const row = element("tr", {}, element("th", { scope: "row" }, nameOf(symbol, position, strings)), ...cells);
    if (story.runs.some(({ steps }) => steps[session.t - 1]?.position === position)) row.className = "here";
    return row;
  });
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const table = element(
    "table",
    { className: `outcome ${session.model}` },
    element("thead", {}, head),
    element("tbody", {}, ...rows),
  );
  return element(
    "div",
    { className: "scroll", tabIndex: 0, role: "region", ariaLabel: strings.outcome[session.model] },
    table,
  );
}

/** h(t) of a run at a position. */
function heatOf(session: Session, story: Story, run: Run, position: number): SVGSVGElement {
  const { units } = run;
  const cell = { width: 8, height: 16 };
  const row = new HeatRow({ count: units, perRow: units, left: 0, top: 0, cell });
  const step = run.steps.find((step) => step.position === position);
  const read = hasRead(session, story, run, position);
  row.show(read ? step?.values.h : undefined, 1);
  const unit = svg("rect", { class: "unit", x: session.unit * 8 - 0.5, y: -0.5, width: 8, height: 16 });
  const size = { viewBox: `-1 -1 ${units * 8 + 1} 17`, preserveAspectRatio: "none", "aria-hidden": "true" };
  return svg("svg", size, row.element, ...(read ? [unit] : []));
}

/** The pinyin and its probability. */
function readingCells(session: Session, story: Story, position: number, strings: typeof en): HTMLElement[] {
  const conclusion = concluded(session, story, position);
  if (conclusion?.kind !== "pinyin" || conclusion.pinyin === "") return [element("td"), element("td")];
  const { pinyin, probability } = conclusion;
  const cell =
    probability === undefined
      ? element("td", { className: "muted" }, strings.onlyReading)
      : element("td", {}, element("data", { value: String(probability) }, percent(probability)));
  return [element("td", { className: "pinyin" }, pinyin), cell];
}

/** The right digit, then h and answer of each cell in turn. */
function answerCells(session: Session, story: Story, position: number, heat: readonly HTMLElement[]): HTMLElement[] {
  const conclusion = story.conclusions[position];
  if (conclusion?.kind !== "digit") return [];
  return [
    element("td", {}, `${conclusion.digit}`),
    ...story.runs.flatMap((run, index) => {
      const answer = conclusion.answers[index] as number;
      const told = hasRead(session, story, run, position);
      const wrong = Math.round(answer) !== conclusion.digit;
      const text = told ? element("data", { value: full(answer) }, answer.toFixed(2).replace("-", "−")) : "";
      return [heat[index] as HTMLElement, element("td", { className: told && wrong ? "wrong" : "" }, text)];
    }),
  ];
}
