import type { PanelContext } from "../../panel.js";
import { element } from "../../ui/element.js";
import "./benchmark.css";
import { elsewhereView } from "./elsewhere-view.js";
import { en } from "./en.js";
import { measureView } from "./measure-view.js";
import { methodView } from "./method-view.js";
import { Session } from "./session.js";
import { zh } from "./zh.js";

export type Strings = typeof en;

export function mount(root: HTMLElement, context: PanelContext): void {
  const { language, keep } = context;
  const strings = { en, zh }[language];
  const session = keep(() => new Session());
  root.append(
    element("p", {}, strings.intro),
    elsewhereView(strings, context),
    measureView(session, strings, context),
    methodView(session, strings, context),
  );
}
