import * as Plot from "@observablehq/plot";
import type { Along, Point } from "../linear.js";
import { beside, drawn } from "./svg.js";

const [WIDTH, HEIGHT] = [290, 280];
const COLOURS = { forward: "#d55e00", train: "#0072b2" };

/** Our time against steps, batch and layers: the dots are measured, the lines go from the origin to the last dot. */
export function costChart(points: readonly Point[]): string {
  const panels = (["steps", "batch", "layers"] as const).map((along) => ({
    svg: panel(
      along,
      points.filter((point) => point.along === along),
    ),
    width: WIDTH,
  }));
  return beside(panels, HEIGHT);
}

function panel(along: Along, points: readonly Point[]): string {
  const ends = points.filter(({ value }) => value === Math.max(...points.map(({ value }) => value)));
  const lines = ends.flatMap((end) => [{ ...end, value: 0, microseconds: 0 }, end]);
  const milliseconds = ({ microseconds }: Point) => microseconds / 1000;
  const stroke = ({ kind }: Point) => COLOURS[kind];
  return drawn({
    width: WIDTH,
    height: HEIGHT,
    marginTop: 36,
    marginRight: 24,
    marginLeft: 48,
    x: { label: `${along} →`, ticks: 3 },
    y: { label: "↑ milliseconds", grid: true, ticks: 5 },
    marks: [
      Plot.ruleY([0]),
      Plot.line(lines, { x: "value", y: milliseconds, z: "kind", stroke, strokeWidth: 1.5 }),
      Plot.dot(points, { x: "value", y: milliseconds, fill: stroke, r: 3.5 }),
      Plot.text(ends, {
        x: ({ value }: Point) => value * 0.62,
        y: (point: Point) => milliseconds(point) * 0.62,
        text: ({ kind }: Point) => (kind === "train" ? "training" : "forward"),
        fill: stroke,
        textAnchor: "end",
        dx: -8,
        dy: -6,
      }),
    ],
  });
}
