/** Draws the charts of docs/claims.md: bench/claims/*.svg. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as Plot from "@observablehq/plot";
import type { Figures, Run } from "../claims/record.js";
import { reached } from "../claims/summary.js";
import { medianOf } from "../median.js";
import { beside, drawn } from "./svg.js";

/** From Okabe and Ito's palette, as in the other charts. */
const COLOURS: Readonly<Record<string, string>> = {
  "RNN (tanh)": "#000000",
  "RNN (relu)": "#009e73",
  GRU: "#0072b2",
  LSTM: "#d55e00",
  "LSTM, forget bias 1": "#e69f00",
  "LSTM, forget bias 3": "#cc79a7",
};
const [WIDTH, HEIGHT] = [380, 400];

export function draw(figures: Figures): void {
  save("gradient.svg", gradientChart(figures));
  save("adding.svg", addingChart(figures));
}

function save(name: string, svg: string): void {
  writeFileSync(fileURLToPath(new URL(`../claims/${name}`, import.meta.url)), `${svg}\n`);
  console.log(`drawn: bench/claims/${name}`);
}

/** The part of the gradient that reaches step 1, against T; a panel for each scale of weight_hh. */
function gradientChart({ gradient, settings }: Figures): string {
  const [smallest, largest] = [1e-24, 1e24];
  const scales = settings.gradient.scales.filter((scale) => scale !== 2);
  const panels = scales.map((scale) => {
    const dots = gradient
      .filter((point) => point.scale === scale)
      .map((point) => ({ cell: point.cell, steps: point.steps, share: reached(gradient, point) ?? Number.NaN }))
      .filter(({ share }) => share >= smallest && share <= largest);
    const title = `‖dL/dx(1)‖, ${scale === 1 ? "PyTorch's first values" : `recurrent weights × ${scale}`}`;
    const svg = panel(title, dots, {
      x: { type: "log", label: "T →", ticks: [1, 10, 100, 500], tickFormat: String },
      y: { type: "log", domain: [smallest, largest], label: null, grid: true, ticks: 8, tickFormat: power },
      at: { x: "steps", y: "share" },
    });
    return { svg, width: WIDTH };
  });
  return beside(panels, HEIGHT);
}

/** The error at the end against the length, and its way there for one length; medians of the seeds. */
function addingChart({ adding: { lags }, settings }: Figures): string {
  const { steps, every, solved } = settings.adding.lags;
  const y = { domain: [0, 1.3], label: null, grid: true, clamp: true };
  const ends = groups(lags, (run) => `${run.cell} ${run.steps}`).map((runs) => ({
    ...{ cell: (runs[0] as Run).cell, steps: (runs[0] as Run).steps },
    error: medianOf(runs.map(({ error }) => error)),
  }));
  const long = 60;
  const curves = groups(
    lags.filter((run) => run.steps === long),
    ({ cell }) => cell,
  ).flatMap((runs) => {
    const shortest = Math.min(...runs.map(({ errors }) => errors.length));
    return Array.from({ length: shortest }, (_, i) => ({
      ...{ cell: (runs[0] as Run).cell, updates: i * every },
      error: medianOf(runs.map(({ errors }) => errors[i] as number)),
    }));
  });
  const rule = Plot.ruleY([solved], { stroke: "#777", strokeDasharray: "4 3" });
  const left = panel("error after training", ends, {
    x: { type: "log", label: "steps of a sequence →", ticks: steps, tickFormat: String },
    ...{ y, at: { x: "steps", y: "error" }, rule },
  });
  const right = panel(`error, sequences of ${long} steps`, curves, {
    x: { label: "updates →" },
    ...{ y, at: { x: "updates", y: "error" }, rule },
  });
  return beside(
    [left, right].map((svg) => ({ svg, width: WIDTH })),
    HEIGHT,
  );
}

/** 1e5 as 10⁵. */
function power(value: number): string {
  const exponent = Math.round(Math.log10(value));
  return `10${[...String(exponent)].map((one) => (one === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(one)])).join("")}`;
}

interface PanelOptions {
  readonly x: object;
  readonly y: object;
  /** Which columns are drawn. */
  readonly at: { readonly x: string; readonly y: string };
  readonly rule?: Plot.Markish;
}

/** A line for each cell, and their names above. */
function panel<T extends { readonly cell: string }>(
  title: string,
  dots: readonly T[],
  { x, y, at, rule }: PanelOptions,
): string {
  const names = Object.keys(COLOURS).filter((name) => dots.some(({ cell }) => cell === name));
  const colour = ({ cell }: T) => COLOURS[cell] as string;
  return drawn({
    ...{ width: WIDTH, height: HEIGHT, marginTop: 96, marginLeft: 56, marginRight: 16, x, y },
    marks: [
      ...(rule ? [rule] : []),
      Plot.line(dots, { ...at, z: "cell", stroke: colour, strokeWidth: 2 }),
      Plot.dot(dots, { ...at, fill: colour, r: 2.5 }),
      Plot.text([title], {
        frameAnchor: "top-left",
        dx: -40,
        dy: -88,
        fontWeight: "bold",
        text: (text: string) => text,
      }),
      ...names.map((name, index) =>
        Plot.text([name], {
          ...{ frameAnchor: "top-left" as const, textAnchor: "start" as const, fill: COLOURS[name] as string },
          ...{ dx: -40 + (index % 2) * 180, dy: -68 + Math.floor(index / 2) * 16, text: (text: string) => text },
        }),
      ),
    ],
  });
}

function groups(runs: readonly Run[], key: (run: Run) => string): Run[][] {
  const keys = [...new Set(runs.map(key))];
  return keys.map((one) => runs.filter((run) => key(run) === one));
}
