import { button, select, slider, textField } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import type { LayerFacts } from "./model.js";
import { MAX_STEPS } from "./sequence-limits.js";
import type { Session } from "./session.js";

/** What the layer reads: which source, and the source's own controls. */
export function sourceControls(options: {
  session: Session;
  layer: LayerFacts;
  strings: typeof en;
  /** The source or what it holds has changed. */
  onChange: () => void;
}): HTMLElement {
  const { session, layer, strings, onChange } = options;
  const { inputSize } = layer.options;
  const own = element("div", { className: "row wide" });
  const how = element("p", { className: "muted" });
  const draw = () => {
    if (session.source === "csv" && session.csv === "") session.csv = exampleCsv(inputSize);
    own.replaceChildren(...CONTROLS[session.source](session, strings, onChange));
    how.textContent = strings.how[session.source](inputSize);
  };
  draw();
  const source = select({
    label: strings.source,
    options: strings.sources,
    value: session.source,
    onChange: (chosen) => {
      session.source = chosen;
      draw();
      onChange();
    },
  });
  return element("div", {}, element("div", { className: "row" }, source.element, own), how);
}

type Controls = (session: Session, strings: typeof en, onChange: () => void) => HTMLElement[];

const CONTROLS: Readonly<Record<Session["source"], Controls>> = { text, csv, noise };

function text(session: Session, strings: typeof en, onChange: () => void): HTMLElement[] {
  const field = textField({
    label: strings.text,
    value: session.text,
    maxLength: MAX_STEPS,
    onChange: (value) => {
      session.text = value;
      onChange();
    },
  });
  return [field.element];
}

function noise(session: Session, strings: typeof en, onChange: () => void): HTMLElement[] {
  const set = (name: "steps" | "seed") => (value: number) => {
    session[name] = value;
    onChange();
  };
  const steps = { label: strings.steps, min: 1, max: MAX_STEPS, step: 1, value: session.steps, onChange: set("steps") };
  const seed = { label: strings.seed, min: 0, max: 99, step: 1, value: session.seed, onChange: set("seed") };
  return [slider(steps).element, slider(seed).element];
}

/** What is shown of a CSV, in UTF-16 units and in lines: a browser takes seconds to lay out a text of some megabytes. */
const SHOWN = { units: 50_000, lines: 500 } as const;

const beginningOf = (csv: string): string => csv.slice(0, SHOWN.units).split("\n", SHOWN.lines).join("\n");

function csv(session: Session, strings: typeof en, onChange: () => void): HTMLElement[] {
  const area = element("textarea", { id: "file-csv", rows: 6, spellcheck: false });
  const beginning = element("p", { className: "muted" }, strings.csvBeginning);
  /** Of a long file only the beginning is shown, which cannot be edited, since the rest would get lost. */
  const show = () => {
    const shown = beginningOf(session.csv);
    area.value = shown;
    area.readOnly = shown.length < session.csv.length;
    beginning.hidden = !area.readOnly;
  };
  show();
  area.addEventListener("input", () => {
    session.csv = area.value;
    onChange();
  });
  const input = element("input", { type: "file", accept: ".csv,.txt,.tsv", hidden: true, ariaLabel: strings.csvFile });
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    if (file === undefined) return;
    session.csv = await file.text();
    show();
    input.value = ""; // the same file may be chosen again
    onChange();
  });
  const label = element("label", { htmlFor: area.id }, strings.csv);
  return [
    element("div", { className: "control wide" }, label, area, beginning),
    button(strings.csvFile, () => input.click()),
    input,
  ];
}

/** Waves, a row for each of 24 steps, so that there is something to see and to change. */
function exampleCsv(inputSize: number): string {
  const row = (step: number) =>
    Array.from({ length: inputSize }, (_, input) => Math.sin(step / (2 + input)).toFixed(3));
  return Array.from({ length: 24 }, (_, step) => row(step).join(",")).join("\n");
}
