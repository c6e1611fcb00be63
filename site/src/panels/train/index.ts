import "./train.css";
import type { PanelContext } from "../../panel.js";
import { element } from "../../ui/element.js";
import { en } from "./en.js";
import { mountForecast } from "./forecast/view.js";
import { mountGestures } from "./gestures/view.js";
import { Session } from "./session.js";
import { mountText } from "./text/view.js";
import { zh } from "./zh.js";

const LESSONS = ["gestures", "text", "forecast"] as const;
type Lesson = (typeof LESSONS)[number];

/** The lesson that the address names: `#/train/text`. */
const lessonOfAddress = (): Lesson => LESSONS.find((lesson) => location.hash === `#/train/${lesson}`) ?? "gestures";

export async function mount(root: HTMLElement, context: PanelContext): Promise<void> {
  const strings = { en, zh }[context.language];
  const session = context.keep(() => new Session());
  const links = LESSONS.map((lesson) => element("a", { href: `#/train/${lesson}` }, strings.lessons[lesson]));
  const content = element("div");
  let shown: AbortController | undefined;

  const show = async (): Promise<void> => {
    shown?.abort();
    shown = new AbortController();
    const within = { ...context, signal: AbortSignal.any([context.signal, shown.signal]) };
    const lesson = lessonOfAddress();
    for (const [i, link] of links.entries()) link.ariaCurrent = LESSONS[i] === lesson ? "page" : null;
    content.replaceChildren();
    if (lesson === "gestures") mountGestures(content, session.gestures, strings, within);
    else if (lesson === "text") mountText(content, session.text(context.language), strings, within);
    else await mountForecast(content, session.forecast, strings, within);
  };
  addEventListener(
    "hashchange",
    () => {
      if (location.hash.split("/")[1] === "train") void show();
    },
    { signal: context.signal },
  );
  root.append(element("p", {}, strings.intro), element("nav", { ariaLabel: strings.which }, ...links), content);
  await show();
}
