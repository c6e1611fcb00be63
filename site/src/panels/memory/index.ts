import type { PanelContext } from "../../panel.js";
import { element } from "../../ui/element.js";
import { en } from "./en.js";
import { gradientView } from "./gradient-view.js";
import "./memory.css";
import { raceView } from "./race-view.js";
import { Session } from "./session.js";
import { zh } from "./zh.js";

export type Strings = typeof en;

export async function mount(root: HTMLElement, context: PanelContext): Promise<void> {
  const { language, signal, keep } = context;
  const strings = { en, zh }[language];
  const session = keep(() => new Session());
  const { gradients, race } = await session.experiments;
  if (signal.aborted) return;

  const alert = element("p", { role: "alert" });
  const tellFailure = (): void => {
    const failure = gradients.failure ?? race.failure;
    if (failure === undefined || alert.isConnected) return;
    alert.textContent = strings.failed(failure);
    root.prepend(alert);
  };
  for (const experiment of [gradients, race]) experiment.addEventListener("change", tellFailure, { signal });
  root.append(
    element("p", {}, strings.intro),
    gradientView(gradients, strings, context),
    raceView(race, strings, context),
  );
  tellFailure();
  void gradients.measure();
}
