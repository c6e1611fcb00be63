import type { PanelContext } from "../../panel.js";
import { button, slider } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { reducedMotion } from "../../ui/theme.js";
import { en } from "./en.js";
import { results } from "./results.js";
import { Session } from "./session.js";
import "./voice.css";
import { zh } from "./zh.js";

/** Milliseconds between two drawings of a curve that grows, for visitors who ask for less motion. */
const CALM = 500;

export async function mount(root: HTMLElement, context: PanelContext): Promise<void> {
  const { language, signal, keep, announce } = context;
  const strings = { en, zh }[language];
  const session = keep(() => new Session());
  await session.loaded;
  if (signal.aborted) return;

  const main = button("", () => (session.running ? session.stop() : void session.listen()), "primary");
  main.classList.add("listen");
  const sample = button(strings.sample, () => void session.readSample());
  const input = element("input", { type: "file", accept: ".wav,audio/wav,audio/x-wav", hidden: true });
  input.ariaLabel = strings.open;
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file !== undefined) void session.read(file.name, file);
    input.value = ""; // the same file may be chosen again
  });
  const open = button(strings.open, () => input.click());
  const threshold = slider({
    label: strings.threshold,
    min: 0.1,
    max: 0.95,
    step: 0.05,
    value: session.threshold,
    format: (value) => value.toFixed(2),
    onChange: (value) => {
      session.threshold = value;
    },
  });
  const status = element("p", { className: "status" });
  const shown = results(session, strings, context);

  const statusText = (): string => {
    const { state, hearing } = session;
    switch (state.kind) {
      case "idle":
        if (hearing === undefined) return strings.idle;
        return hearing.sound === undefined ? strings.heardMicrophone : strings.heardFile(hearing.sound.name);
      case "asking":
        return strings.asking;
      case "listening":
        return strings.listening;
      case "reading":
        return strings.reading(state.file);
      case "microphoneFailed":
        return strings.microphoneFailed(state.trouble, state.reason);
      case "fileFailed":
        return strings.fileFailed(state.file, state.reason);
    }
  };
  const show = (): void => {
    const { kind } = session.state;
    root.dataset.state = kind;
    main.textContent = session.running ? strings.stop : strings.listen;
    const text = statusText();
    if (text !== status.textContent) {
      const first = status.textContent === "";
      status.textContent = text;
      // An alert is read out by itself.
      if (kind.endsWith("Failed")) status.role = "alert";
      else status.role = null;
      if (!first && status.role === null) announce(text);
    }
    shown.show();
  };

  // More may be heard many times a second: one drawing a frame is enough.
  let waits = false;
  session.onChange = () => {
    if (waits || signal.aborted) return;
    waits = true;
    const draw = () =>
      requestAnimationFrame(() => {
        waits = false;
        if (!signal.aborted) show();
      });
    if (reducedMotion()) setTimeout(draw, CALM);
    else draw();
  };

  root.append(
    element("p", {}, strings.intro),
    element("p", { className: "privacy" }, strings.privacy),
    element("div", { className: "row" }, main, sample, open, input, threshold.element),
    status,
    shown.element,
    element("h2", {}, strings.how),
    element(
      "ol",
      { className: "pipeline" },
      ...strings.steps.map(([name = "", what = ""]) =>
        element("li", { className: "card" }, element("strong", {}, name), element("span", {}, what)),
      ),
    ),
    element("p", {}, strings.thread),
    element("p", { className: "muted" }, strings.source),
  );
  show();
}
