import { select, slider } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import { nameOf } from "./facts-view.js";
import type { FileFacts } from "./file.worker.js";
import { Heatmaps, UNITS } from "./heatmaps.js";
import type { LayerFacts } from "./model.js";
import { refusalView } from "./refusal-view.js";
import type { Ran } from "./run.js";
import { MAX_STEPS } from "./sequence-limits.js";
import { isRefused, type Session } from "./session.js";
import { sourceControls } from "./source-controls.js";

const TRACED = {
  LSTM: ["i", "f", "g", "o", "c", "h"],
  GRU: ["r", "z", "n", "reset", "h"],
  RNN: ["h"],
} as const;

/** Runs the chosen layer on what the visitor chose, and shows its gates and states. */
export class RunView {
  readonly element = element("section", { className: "file-run" });
  readonly #session: Session;
  readonly #strings: typeof en;
  readonly #signal: AbortSignal;
  readonly #outcome = element("div");
  /** Says that not all steps are run. */
  readonly #cut = element("p", { id: "file-cut" });
  #maps: Heatmaps | undefined;
  #ran: Ran | undefined;
  /** Whether the worker runs, and whether something has changed since: then it runs once more, not for each change. */
  #running = false;
  #changed = false;

  constructor(facts: FileFacts, options: { session: Session; strings: typeof en; signal: AbortSignal }) {
    const { session, strings, signal } = options;
    [this.#session, this.#strings, this.#signal] = [session, strings, signal];
    const own = element("div");
    const drawLayer = () => {
      own.replaceChildren(...this.#layerControls(session.chosen as LayerFacts));
      void this.update();
    };
    this.element.append(element("h2", {}, strings.run));
    if (facts.layers.length > 1) {
      const names = facts.layers.map((layer, index) => [`${index}`, `${nameOf(layer, strings)} (${layer.kind})`]);
      const choice = select({
        label: strings.layer,
        options: Object.fromEntries(names) as Record<string, string>,
        value: `${session.layer}`,
        onChange: (index) => {
          session.chooseLayer(Number(index));
          session.csv = ""; // its rows were as wide as the other layer's input
          drawLayer();
        },
      });
      this.element.append(element("div", { className: "row" }, choice.element));
    }
    this.element.append(own, this.#outcome);
    drawLayer();
  }

  #layerControls(layer: LayerFacts): Node[] {
    const [session, strings] = [this.#session, this.#strings];
    const { numLayers, bidirectional } = layer.options;
    const row = element("div", { className: "row" });
    const redraw = () => void this.update();
    if (numLayers > 1) {
      const depths = Array.from({ length: numLayers }, (_, depth) => [`${depth}`, strings.depthName(depth)]);
      const onChange = (depth: string) => {
        session.depth = Number(depth);
        redraw();
      };
      const options: Record<string, string> = Object.fromEntries(depths);
      row.append(select({ label: strings.depth, options, value: `${session.depth}`, onChange }).element);
    }
    if (bidirectional) {
      const onChange = (direction: Session["direction"]) => {
        session.direction = direction;
        redraw();
      };
      const { direction: label, directions: options } = strings;
      row.append(select({ label, options, value: session.direction, onChange }).element);
    }
    if (layer.openNonlinearity) {
      const onChange = (nonlinearity: Session["nonlinearity"]) => {
        session.nonlinearity = nonlinearity;
        this.#drawMaps(layer); // their limit depends on it
        redraw();
      };
      const options = { tanh: "tanh", relu: "relu" };
      row.append(select({ label: strings.nonlinearity, options, value: session.nonlinearity, onChange }).element);
    }
    const units = layer.options.projSize ?? layer.options.hiddenSize;
    const most = Math.max(units, layer.options.hiddenSize);
    if (most > UNITS) {
      const format = (page: number) => strings.unitRange(page * UNITS, Math.min(most, (page + 1) * UNITS) - 1, most);
      const onChange = (page: number) => {
        session.firstUnit = page * UNITS;
        this.#show();
      };
      const max = Math.ceil(most / UNITS) - 1;
      const value = session.firstUnit / UNITS;
      row.append(slider({ label: strings.units, min: 0, max, step: 1, value, format, onChange }).element);
    }
    this.#drawMaps(layer);
    return [sourceControls({ session, layer, strings, onChange: redraw }), ...(row.hasChildNodes() ? [row] : [])];
  }

  #drawMaps(layer: LayerFacts): void {
    this.#maps = new Heatmaps(TRACED[layer.kind], {
      session: this.#session,
      strings: this.#strings,
      stepName: (step) => this.#stepName(step),
      relu: layer.options.nonlinearity === "relu" || this.#session.nonlinearity === "relu",
      signal: this.#signal,
    });
    this.#ran = undefined;
  }

  #stepName(step: number): string {
    const { source, text } = this.#session;
    return this.#strings.step(step, source === "text" ? ([...text][step] ?? "") : "");
  }

  /** Runs anew. */
  async update(): Promise<void> {
    this.#changed = true;
    if (this.#running) return;
    this.#running = true;
    this.#outcome.ariaBusy = "true";
    while (this.#changed) {
      this.#changed = false;
      const answer = await this.#session.run();
      if (this.#signal.aborted) return;
      if (this.#changed) continue;
      if (isRefused(answer)) this.#outcome.replaceChildren(refusalView(answer.refusal, this.#strings));
      else {
        this.#ran = answer.value;
        this.#show();
      }
    }
    this.#running = false;
    this.#outcome.ariaBusy = "false";
  }

  #show(): void {
    if (this.#ran === undefined || this.#maps === undefined) return;
    const { trace, available } = this.#ran;
    this.#maps.show(trace);
    this.#cut.textContent = available > MAX_STEPS ? this.#strings.cut(MAX_STEPS, available) : "";
    this.#cut.hidden = this.#cut.textContent === "";
    if (this.#outcome.contains(this.#maps.element)) return; // the focus stays
    this.#outcome.replaceChildren(this.#cut, this.#maps.legend, this.#maps.selected, this.#maps.element);
  }
}
