import { button } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { saveFile } from "../../ui/save-file.js";
import type { en } from "./en.js";
import type { FileFacts } from "./file.worker.js";
import { refusalView } from "./refusal-view.js";
import type { Saved } from "./save.js";
import { isRefused, type Session } from "./session.js";

/** Buttons that hand the chosen layer, or all tensors, to the visitor as a file. */
export function saveView(
  facts: FileFacts,
  { session, strings, signal }: { session: Session; strings: typeof en; signal: AbortSignal },
): HTMLElement {
  const outcome = element("div", { role: "status" });
  const save = async (what: Saved): Promise<void> => {
    const answer = await session.save(what);
    if (signal.aborted) return;
    if (isRefused(answer)) outcome.replaceChildren(refusalView(answer.refusal, strings));
    else {
      const name = fileName(facts, session, what);
      saveFile(name, [answer.value]);
      outcome.replaceChildren(element("p", {}, strings.saved(name)));
    }
  };
  const buttons = Object.entries(strings.saves).map(([what, label]) => button(label, () => void save(what as Saved)));
  return element(
    "section",
    {},
    element("h2", {}, strings.save),
    element("div", { className: "row" }, ...buttons),
    outcome,
  );
}

/** The name of the visitor's file, the layer's where there are several, and the new extension. */
function fileName({ name, layers }: FileFacts, session: Session, what: Saved): string {
  const base = name.replace(/\.\w+$/, "");
  const [part, extension] = what.split(".");
  const layer = part === "layer" && layers.length > 1 ? `-${session.chosen?.name.replace(/[^\w.-]+/g, "_")}` : "";
  return `${base}${layer}.${extension}`;
}
