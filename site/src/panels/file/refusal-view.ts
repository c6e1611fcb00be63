import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import type { Fault, Refusal } from "./problem.js";

/**
 * Why something cannot be done, as an alert. Of what the package threw, the page says the kind of fault by its code, and the
 * package the details, in its own, English, words.
 */
export function refusalView(refusal: Refusal, strings: typeof en, title?: string): HTMLElement {
  const alert = element("div", { role: "alert", className: "card" });
  if (title !== undefined) alert.append(element("h2", {}, title));
  if ("problem" in refusal) {
    const say: (...values: string[]) => string = strings.problems[refusal.problem];
    alert.append(element("p", {}, say(...refusal.values)));
    return alert;
  }
  const [kind, details] = faultWords(refusal, strings);
  alert.append(element("p", {}, kind), details);
  if (/externalData/.test(refusal.message)) alert.append(element("p", {}, strings.dataHint));
  return alert;
}

/** The kind of fault in the page's words, and the details in the package's. */
export function faultWords({ code, message }: Fault, strings: typeof en): [kind: string, details: HTMLElement] {
  const faults: Readonly<Record<string, string>> = strings.faults;
  const words = element("span", { lang: "en" }, element("code", {}, code), ` ${message}`);
  return [faults[code] ?? strings.otherFault, element("p", { className: "muted" }, strings.details, words)];
}
