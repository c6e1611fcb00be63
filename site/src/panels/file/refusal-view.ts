import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import type { Refusal } from "./problem.js";

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
  const { code, message } = refusal;
  const faults: Readonly<Record<string, string>> = strings.faults;
  alert.append(
    element("p", {}, faults[code] ?? strings.otherFault),
    element(
      "p",
      { className: "muted" },
      strings.details,
      element("span", { lang: "en" }, element("code", {}, code), ` ${message}`),
    ),
  );
  if (/externalData/.test(message)) alert.append(element("p", {}, strings.dataHint));
  return alert;
}
