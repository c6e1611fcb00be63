import type { PanelContext } from "../../panel.js";
import { button, select } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { CELLS, KINDS, LIBRARIES, type Library, MEGABYTES, SIZES } from "./cases.js";
import type { Strings } from "./index.js";
import { resultView } from "./result-view.js";
import type { Session } from "./session.js";

/** What is measured, by whom, and what came out. */
export function measureView(session: Session, strings: Strings, { signal, announce }: PanelContext): HTMLElement {
  const cell = select({
    label: strings.cell,
    options: Object.fromEntries(CELLS.map((cell) => [cell, cell])) as Record<(typeof CELLS)[number], string>,
    value: session.network.cell,
    onChange: (cell) => session.choose({ cell }),
  });
  const size = select({
    label: strings.size,
    options: Object.fromEntries(SIZES.map((size) => [size, strings.sizeOf(size)])) as Record<
      (typeof SIZES)[number],
      string
    >,
    value: session.network.size,
    onChange: (size) => session.choose({ size }),
  });
  const inputs = [cell, size].map((control) => control.element.querySelector("select") as HTMLSelectElement);
  const toggles = LIBRARIES.map((library) => ({ library, toggle: button("", () => void session.toggle(library)) }));
  const go = button("", () => (session.running === undefined ? void session.run() : session.cancel()), "primary");
  const bar = element("progress", { max: KINDS.length });
  const stage = element("span");
  const progress = element("p", { className: "stage" }, bar, " ", stage);
  const alone = element("p", { className: "muted" }, strings.aloneHint);
  const alert = element("div");
  const outcome = element("div");
  let shown: Session["result"];
  let before = session.running;

  const show = (): void => {
    const { running, failure, result, libraries } = session;
    const loading = LIBRARIES.some((library) => libraries[library] === "loading");
    for (const input of inputs) input.disabled = running !== undefined;
    for (const { library, toggle } of toggles) {
      toggle.textContent = labelOf(library, libraries[library], strings);
      toggle.ariaPressed = String(libraries[library] === "present");
      toggle.disabled = running !== undefined || loading;
    }
    go.textContent = running === undefined ? strings.run : strings.cancel;
    go.disabled = loading;
    progress.hidden = running === undefined;
    if (running !== undefined) {
      const done = KINDS.indexOf(running);
      bar.value = done;
      stage.textContent = strings.running(done, KINDS.length, strings.kind[running]);
      bar.ariaLabel = stage.textContent;
    }
    alone.hidden = session.network.cell === "LSTM" || LIBRARIES.some((library) => libraries[library] === "present");
    alert.replaceChildren(...(failure === undefined ? [] : [element("p", { role: "alert" }, told(failure, strings))]));
    if (result !== shown && result !== undefined) {
      shown = result;
      outcome.replaceChildren(element("h2", {}, strings.own), resultView(result, session.reasons, strings, announce));
    }
    if (before !== undefined && running === undefined && failure === undefined) {
      announce(session.cancelled ? strings.cancelled : strings.finished);
    }
    before = running;
  };
  session.addEventListener("change", show, { signal });
  show();
  return element(
    "section",
    { className: "measure" },
    element("div", { className: "row" }, cell.element, size.element),
    element("div", { className: "row" }, ...toggles.map(({ toggle }) => toggle)),
    element("p", { className: "muted" }, strings.addHint),
    alone,
    element("div", { className: "row" }, go),
    progress,
    alert,
    outcome,
  );
}

function told({ library, reason }: NonNullable<Session["failure"]>, strings: Strings): string {
  return library === undefined ? strings.failed(reason) : strings.notLoaded(strings.library(library), reason);
}

function labelOf(library: Library, state: Session["libraries"][Library], strings: Strings): string {
  const name = strings.library(library);
  if (state === "loading") return strings.adding(name);
  return state === "present" ? strings.added(name) : strings.add(name, MEGABYTES[library]);
}
