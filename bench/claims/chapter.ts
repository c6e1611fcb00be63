/** The tables of docs/claims.md, from what was measured. */
import { fileURLToPath } from "node:url";
import { medianOf } from "../median.js";
import { CELL_NAMES } from "./cells.js";
import type { Figures, Times } from "./record.js";
import { gradientAt, type Measurement, number, reached, select, solvedOf, table } from "./summary.js";
import { claims } from "./verdicts.js";

export const CHAPTER = fileURLToPath(new URL("../../docs/claims.md", import.meta.url));

/** The tables by the names of their places in the chapter. */
export function tables(record: Measurement): Record<string, string> {
  const { figures } = record;
  return {
    claims: claims(record),
    "gradient 1": gradientTable(figures, 1),
    "gradient 4": gradientTable(figures, 4),
    "gradient 8": gradientTable(figures, 8),
    clipping: clippingTable(figures),
    lags: lagsTable(figures),
    "before and after": reachTable(figures),
    variants: variantsTable(figures),
    directions: directionsTable(record),
    cost: costTable(record),
  };
}

const SHOWN = [10, 30, 100, 200, 500];

function gradientTable({ gradient }: Figures, scale: number): string {
  const rows = CELL_NAMES.map((cell) => {
    const points = SHOWN.map((steps) => gradientAt(gradient, cell, scale, steps));
    return [cell, ...points.map((point) => number(reached(gradient, point)))];
  });
  return table([["T =", ...SHOWN.map(String)], ...rows]);
}

function clippingTable({ gradient, settings }: Figures): string {
  const { scales, maxNorm } = settings.gradient;
  const rows = CELL_NAMES.map((cell) => [
    cell,
    ...scales.map((scale) => {
      const { parameters, clipped } = gradientAt(gradient, cell, scale, 200);
      return `${number(parameters)} → ${number(clipped)}`;
    }),
  ]);
  const header = scales.map((scale) => (scale === 1 ? "PyTorch's first values" : `weight_hh × ${scale}`));
  return table([[`T = 200, maxNorm ${maxNorm}`, ...header], ...rows]);
}

function lagsTable({ adding, settings }: Figures): string {
  const { cells, steps } = settings.adding.lags;
  const rows = cells.map((cell) => [cell, ...steps.map((length) => solvedOf(select(adding.lags, cell, length)))]);
  return table([["steps", ...steps.map(String)], ...rows]);
}

function reachTable({ adding, settings }: Figures): string {
  const steps = [10, 30, 60, 100];
  const rows = settings.adding.lags.cells.map((cell) => [
    cell,
    ...steps.map((length) => {
      const runs = select(adding.lags, cell, length);
      if (runs.length === 0) return "–";
      const [before, after] = [0, 1].map((i) => medianOf(runs.map(({ input }) => input[i] as number)));
      return `${number(before as number)} → ${number(after as number)}`;
    }),
  ]);
  return table([["steps", ...steps.map(String)], ...rows]);
}

function variantsTable({ adding, settings }: Figures): string {
  const rows = (["no clipping", "smaller rate", "early marks"] as const).flatMap((name) => {
    const { cells, steps, lr, updates } = settings.adding[name];
    return cells.flatMap((cell) =>
      steps
        .map((length) => [length, select(adding[name], cell, length)] as const)
        .filter(([, runs]) => runs.length > 0)
        .map(([length, runs]) => {
          const what = name === "smaller rate" ? `rate ${lr}, ${updates} updates` : name;
          const usual = name === "early marks" ? [] : select(adding.lags, cell, length);
          return [what, cell, String(length), solvedOf(runs), solvedOf(usual)];
        }),
    );
  });
  return table([["what is different", "cell", "steps", "solved", "in the table above"], ...rows], 2);
}

function directionsTable({ figures: { directions, settings }, times }: Measurement): string {
  const rows = Object.keys(settings.directions.models).map((model) => {
    const all = directions.map((point, i) => ({ ...point, seconds: times.directions[i] as number }));
    const own = all.filter((point) => point.model === model);
    const last = own.filter(({ epoch }) => epoch === settings.directions.epochs);
    const [{ parameters, flops }] = last as [(typeof last)[0]];
    return [
      model,
      ...[parameters.lstm, parameters.model, flops].map(whole),
      Math.min(...own.map(({ seconds }) => seconds)).toFixed(1),
      last.map(({ f1 }) => f1.toFixed(3)).join(", "),
    ];
  });
  const header = ["LSTM's parameters", "model's parameters", "flops a character", "seconds an epoch", "F1, by seed"];
  return table([["", ...header], ...rows]);
}

function costTable({ figures: { cost }, times }: Measurement): string {
  const [first] = times.cost;
  const rows = cost.map(({ cell, same, hiddenSize, parameters, flops }, i) => {
    const { fastest, median } = times.cost[i] as Times["cost"][number];
    return [
      ...[cell, same, String(hiddenSize), whole(parameters), (flops / 1e6).toFixed(0)],
      ...[fastest.toFixed(2), median.toFixed(2), `×${(fastest / (first?.fastest ?? 1)).toFixed(2)}`],
    ];
  });
  const header = ["same", "hidden size", "parameters", "Mflop", "fastest, ms", "median, ms", "of the LSTM's"];
  return table([["cell", ...header], ...rows], 2);
}

const whole = (value: number): string => value.toLocaleString("en");
