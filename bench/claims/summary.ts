/** What the tables and sentences of the chapter take from the figures. */
import { medianOf } from "../median.js";
import type { Machine } from "../record.js";
import type { CellName } from "./cells.js";
import type { GradientPoint } from "./gradient.js";
import type { Figures, Run, Times } from "./record.js";

export interface Measurement {
  readonly figures: Figures;
  readonly times: Times & Machine;
}

/** The norm of dL/dx(1), as a part of what it is for T = 1; null if it is too large for float32. */
export function reached(points: readonly GradientPoint[], { cell, scale, input }: GradientPoint): number | null {
  const first = points.find((one) => one.cell === cell && one.scale === scale && one.steps === 1)?.input;
  return input === null || !first ? null : input / first;
}

/** Two digits; powers of ten where there are many zeros. */
export function number(value: number | null): string {
  if (value === null) return "overflow";
  if (value === 0) return "0";
  return value >= 0.001 && value < 10_000
    ? String(Number(value.toPrecision(2)))
    : value.toExponential(1).replace("e+", "e");
}

export function gradientAt(points: readonly GradientPoint[], cell: CellName, scale: number, steps: number) {
  const point = points.find((one) => one.cell === cell && one.scale === scale && one.steps === steps);
  if (point === undefined) throw new Error(`no gradient of ${cell} x ${scale} from step ${steps}`);
  return point;
}

export function select(runs: readonly Run[], cell: CellName, steps: number): Run[] {
  return runs.filter((run) => run.cell === cell && run.steps === steps);
}

/** How many of these runs solved the problem, and after how many updates (the median). */
export function solvedOf(runs: readonly Run[]): string {
  if (runs.length === 0) return "–";
  const solved = runs.filter((run) => run.solved);
  const updates = solved.length === 0 ? "" : ` (${medianOf(solved.map((run) => run.updates))})`;
  return `${solved.length} of ${runs.length}${updates}`;
}

/** Markdown whose columns from `figures` on hold figures, to the right, and the others text. */
export function table([header = [], ...rows]: readonly (readonly string[])[], figures = 1): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map((_, column) => (column < figures ? "---" : "--:"))), ...rows.map(line)].join(
    "\n",
  );
}
