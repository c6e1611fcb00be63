import { element } from "./element.js";

/** What the colours of a heat map mean: from negative over 0 to positive, then how large a value the full colour stands for. */
export function colourScale(ends: { negative: string; positive: string }, reach: string): readonly (Node | string)[] {
  return [ends.negative, element("span", { className: "scale" }), ends.positive, reach];
}
