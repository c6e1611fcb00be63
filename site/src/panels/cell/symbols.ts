import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import { percent } from "./numbers.js";
import type { Session } from "./session.js";
import type { Conclusion, Story } from "./story.js";
import { concluded } from "./walk.js";

/** The text, where each run stands in it, and under each character what is concluded as soon as all have read it. */
export class Symbols {
  readonly element = element("ol", { className: "symbols" });
  readonly #onSelect: (position: number) => void;

  constructor(onSelect: (position: number) => void) {
    this.#onSelect = onSelect;
  }

  show(session: Session, story: Story, strings: typeof en): void {
    const marks = (position: number) =>
      story.runs
        .filter(({ steps }) => steps[session.t - 1]?.position === position)
        .map(({ name }) => (name === "reverse" ? "◂" : "▸"));
    this.element.replaceChildren(
      ...story.symbols.map((symbol, position) => {
        const here = [...new Set(marks(position))].join("");
        const item = element(
          "li",
          { className: here === "" ? "" : "here" },
          element("span", { className: "marks" }, here),
          element(
            "span",
            { className: symbol === undefined ? "symbol muted" : "symbol" },
            nameOf(symbol, position, strings),
          ),
          element("span", { className: "conclusion" }, shortly(concluded(session, story, position))),
        );
        item.addEventListener("click", () => this.#onSelect(position));
        return item;
      }),
    );
  }
}

/** How a symbol is written: the marks at both ends of the pinyin model's text by name, a blank so that it shows. */
export const nameOf = (symbol: string | undefined, position: number, strings: typeof en): string =>
  symbol === undefined ? (position === 0 ? strings.begin : strings.end) : symbol.trim() === "" ? "␣" : symbol;

/** The pinyin with its probability, where the model had to choose; the digits' answers have a table of their own. */
function shortly(conclusion: Conclusion | undefined): string {
  if (conclusion?.kind !== "pinyin") return "";
  const { pinyin, probability } = conclusion;
  return probability === undefined ? pinyin : `${pinyin} ${percent(probability)}`;
}
