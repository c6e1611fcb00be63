import { element } from "../../ui/element.js";
import { valuesOf } from "./cells.js";
import type { en } from "./en.js";
import { full } from "./numbers.js";
import type { Run, Step } from "./story.js";

/** Names of values in a table's head. */
const HEADS: Readonly<Record<string, string>> = { h0: "h(t−1)", c0: "c(t−1)" };
const headOf = (name: string): string => HEADS[name] ?? (name.startsWith("a_") ? name : `${name}(t)`);

/** Every number of a step, closed at first: a table of all units, and x. It is filled while it is open. */
export class AllNumbers {
  readonly element: HTMLDetailsElement;
  readonly #run: Run;
  readonly #strings: typeof en;
  readonly #content = element("div", { className: "scroll" });
  #step: Step | undefined;

  constructor(run: Run, strings: typeof en) {
    this.#run = run;
    this.#strings = strings;
    this.#content.tabIndex = 0; // what scrolls must be reached by keyboard
    this.#content.role = "region";
    this.#content.ariaLabel = `${strings.runs[run.name]}: ${strings.allNumbers}`;
    this.element = element("details", {}, element("summary", {}, strings.allNumbers), this.#content);
    this.element.addEventListener("toggle", () => this.#fill());
  }

  show(step: Step): void {
    this.#step = step;
    this.#fill();
  }

  #fill(): void {
    const step = this.#step;
    if (!this.element.open || step === undefined) return;
    const names = valuesOf(this.#run.cell);
    const head = element("tr", {}, ...[this.#strings.unit, ...names.map(headOf)].map((text) => header(text, "col")));
    const rows = Array.from({ length: this.#run.units }, (_, unit) =>
      element(
        "tr",
        {},
        header(`${unit}`, "row"),
        ...names.map((name) => {
          const cell = element("td", {}, full(step.values[name]?.[unit] as number));
          cell.dataset.name = name;
          return cell;
        }),
      ),
    );
    const x = [...(step.values.x ?? [])].map(full).join(" ");
    this.#content.replaceChildren(
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
      element("p", { className: "x" }, element("strong", {}, "x(t) "), element("span", {}, x)),
    );
  }
}

const header = (text: string, scope: string): HTMLElement => element("th", { scope }, text);
