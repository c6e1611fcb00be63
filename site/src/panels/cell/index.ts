import type { PanelContext } from "../../panel.js";
import { select, textField } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { Heatmap } from "../../ui/heatmap.js";
import { en } from "./en.js";
import { GATES, type Gate } from "./gates.js";
import type { Insight } from "./reader.worker.js";
import { Session } from "./session.js";
import { zh } from "./zh.js";

/** Gates, candidate and h lie between -1 and 1. The cell state has no bound: 2 shows where it is large. */
const limit = (gate: Gate): number => (gate === "c" ? 2 : 1);

export async function mount(root: HTMLElement, { language, signal, keep, announce }: PanelContext): Promise<void> {
  const strings = { en, zh }[language];
  const session = keep(() => new Session());
  let insight: Insight = await session.read();
  if (signal.aborted) return;

  const readings = element("p", { className: "readings" });
  const selected = element("p", { className: "muted" });
  const stepName = (step: number): string => {
    const { readings } = insight;
    return step === 0 ? strings.begin : (readings[step - 1]?.char ?? strings.end);
  };
  const at = (gate: Gate, unit: number, step: number): number => {
    const { data, shape } = insight.trace[session.direction][gate];
    return data[step * (shape[1] as number) + unit] as number;
  };
  const heatmaps = GATES.map((gate) => ({
    gate,
    heatmap: new Heatmap({
      label: strings.gates[gate],
      role: strings.heatmap,
      limit: limit(gate),
      describe: (unit, step, value) => strings.cell(unit, stepName(step), value.toFixed(4)),
      onSelect: (unit, step) => {
        [session.unit, session.step] = [unit, step];
        follow();
      },
      signal,
    }),
  }));

  /** The same unit and step in all of them. */
  const follow = (): void => {
    for (const { heatmap } of heatmaps) heatmap.select(session.unit, session.step);
    const numbers = GATES.map((gate) => `${gate} ${at(gate, session.unit, session.step).toFixed(4)}`);
    selected.textContent = `${strings.selected(session.unit, stepName(session.step))}: ${numbers.join(", ")}`;
  };
  const show = (): void => {
    readings.textContent = insight.readings.map(({ char, pinyin }) => `${char} ${pinyin}`).join("  ");
    for (const { gate, heatmap } of heatmaps) {
      const [columns, rows] = insight.trace[session.direction][gate].shape as [number, number];
      session.step = Math.min(session.step, columns - 1);
      heatmap.show({ rows, columns, at: (unit, step) => at(gate, unit, step) });
    }
    follow();
  };
  const read = async (): Promise<void> => {
    const { text } = session;
    const answer = await session.read();
    if (signal.aborted || text !== session.text) return; // a newer text is on its way
    insight = answer;
    show();
    announce(readings.textContent ?? "");
  };

  root.append(
    element("p", {}, strings.intro),
    element(
      "div",
      { className: "row" },
      textField({
        label: strings.text,
        value: session.text,
        maxLength: 40,
        onChange: (text) => {
          session.text = text;
          void read();
        },
      }).element,
      select({
        label: strings.direction,
        options: strings.directions,
        value: session.direction,
        onChange: (direction) => {
          session.direction = direction;
          show();
        },
      }).element,
    ),
    element("h2", {}, strings.readings),
    readings,
    selected,
    element(
      "div",
      { className: "grid" },
      ...heatmaps.map(({ gate, heatmap }) =>
        element("div", { className: "card" }, element("h3", {}, strings.gates[gate]), heatmap.element),
      ),
    ),
  );
  show();
}
