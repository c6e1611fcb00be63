import { element } from "../../ui/element.js";
import { partsOf, STAGES } from "./cells.js";
import type { en } from "./en.js";
import { full } from "./numbers.js";
import type { Run, Step } from "./story.js";

/** The followed unit through all stages: each equation in its numbers, in full. */
export function followed(run: Run, step: Step, unit: number, stages: number, strings: typeof en): HTMLElement {
  const lines = STAGES[run.cell].slice(0, stages).map(({ name, numbers }) => {
    const parts = partsOf(numbers).map((part) => {
      if ("text" in part) return part.text;
      const text = full(step.values[part.value]?.[unit] as number);
      const made = element("data", { value: text }, text);
      made.dataset.name = part.value;
      return made;
    });
    return element("div", {}, element("dt", {}, strings.stages[name]), element("dd", {}, ...parts));
  });
  return element("dl", { className: "followed" }, ...lines);
}
