import type { PanelContext } from "../../panel.js";
import { button } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import type { Strings } from "./index.js";
import { resultIn } from "./result.js";
import { resultView } from "./result-view.js";

/** The result that the address carries, if it carries one, marked as somebody else's. */
export function elsewhereView(strings: Strings, { signal, announce }: PanelContext): HTMLElement {
  const place = element("div");
  const show = (): void => place.replaceChildren(...content(strings, announce));
  addEventListener(
    "hashchange",
    () => {
      show();
      place.querySelector("h2")?.focus();
    },
    { signal },
  );
  show();
  return place;
}

function content(strings: Strings, announce: (text: string) => void): HTMLElement[] {
  const result = resultIn(location.hash);
  if (result === undefined) return [];
  if (result === "invalid") return [element("p", { role: "alert" }, strings.invalid)];
  const close = button(strings.dismiss, () => {
    location.hash = "#/benchmark";
  });
  return [
    element(
      "section",
      { className: "elsewhere" },
      element("h2", { tabIndex: -1 }, strings.elsewhere),
      element("p", {}, strings.elsewhereHint),
      resultView(result, {}, strings, announce),
      close,
    ),
  ];
}
