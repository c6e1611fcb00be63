import type { PanelContext } from "../../panel.js";
import { element } from "../../ui/element.js";
import { duration } from "./figures.js";
import type { Strings } from "./index.js";
import type { Session } from "./session.js";

/** How it is measured, and what that does not show. */
export function methodView(session: Session, strings: Strings, { signal }: PanelContext): HTMLElement {
  const section = element("section", { className: "method" });
  const show = (): void => {
    const { result } = session;
    const steps = result === undefined ? "" : strings.steps(duration(result.clock * 1000));
    const methods = strings
      .methods(steps)
      .map(([what = "", how = ""]) => element("li", {}, element("strong", {}, what), `${strings.space}${how}`));
    section.replaceChildren(
      element("h2", {}, strings.method),
      element("ul", {}, ...methods),
      element("h2", {}, strings.limits),
      element("ul", {}, ...strings.limitsOf.map((text) => element("li", {}, text))),
    );
  };
  session.addEventListener("change", show, { signal });
  show();
  return section;
}
