import * as Plot from "@observablehq/plot";
import { flops, nameOf } from "../cases.js";
import type { Result } from "../compare-nodes.js";
import { colourOf, isDrawn, isOurs } from "./contestants.js";
import { drawn } from "./svg.js";

/** GFLOP/s of every contestant on sequences and training, with the peak of this engine as a line. */
export function speedChart({ cases, limits, node }: Result): string {
  const dots = cases
    .filter(({ case: { kind } }) => kind !== "step")
    .flatMap(({ case: one, times }) =>
      Object.entries(times).map(([name, { fastest }]) => ({
        name,
        row: nameOf(one),
        gflops: flops(one) / fastest / 1000,
      })),
    )
    .filter(({ name }) => isDrawn(name));
  const rows = [...new Set(dots.map(({ row }) => row))];
  const names = [...new Set(dots.map(({ name }) => name))];
  const most = Math.max(limits.peak, ...dots.map(({ gflops }) => gflops));
  // Ours come last, on top of the others.
  const ordered = [...dots].sort((a, b) => Number(isOurs(a.name)) - Number(isOurs(b.name)));
  return drawn({
    width: 860,
    height: 70 + 30 * rows.length + 60,
    marginLeft: 245,
    marginRight: 30,
    marginTop: 84,
    marginBottom: 40,
    x: {
      type: "log",
      domain: [0.1, most * 1.15],
      clamp: true,
      grid: true,
      ticks: [0.1, 0.3, 1, 3, 10, 30, 100],
      tickFormat: String,
      label: `GFLOP/s (Node ${node}, one thread) →`,
    },
    y: { type: "point", domain: rows, label: null, padding: 0.6, tickSize: 0 },
    marks: [
      Plot.gridY({ stroke: "#ddd", strokeOpacity: 1 }),
      Plot.ruleX([limits.peak], { stroke: "#d55e00", strokeDasharray: "5 3" }),
      Plot.text([limits.peak], {
        x: (peak: number) => peak,
        frameAnchor: "top",
        dy: -10,
        text: (peak: number) => `128-bit peak ${peak.toFixed(0)}`,
        fill: "#d55e00",
        textAnchor: "middle",
      }),
      Plot.dot(ordered, {
        x: "gflops",
        y: "row",
        fill: ({ name }) => colourOf(name),
        stroke: "white",
        strokeWidth: 0.8,
        r: ({ name }) => (isOurs(name) ? 6.5 : 5),
        symbol: ({ name }: { name: string }) => symbolOf(name, names),
      }),
      ...legend(names),
    ],
    r: { type: "identity" },
  });
}

/** For the others: the circle is ours. */
const SYMBOLS = ["square", "triangle", "diamond2", "star", "wye", "cross", "diamond", "square2"];

/** Two lines of names above the chart. */
function legend(names: readonly string[]) {
  const perLine = Math.ceil(names.length / 2);
  return names.flatMap((name, index) => {
    const at = {
      frameAnchor: "top-left" as const,
      dx: -225 + (index % perLine) * 160,
      dy: -70 + Math.floor(index / perLine) * 20,
    };
    return [
      Plot.dot([name], { ...at, fill: colourOf(name), r: 5, symbol: symbolOf(name, names) as "circle" }),
      Plot.text([name], {
        ...at,
        dx: at.dx + 10,
        text: [name],
        textAnchor: "start",
        fontWeight: isOurs(name) ? "bold" : "normal",
      }),
    ];
  });
}

function symbolOf(name: string, names: readonly string[]): string {
  if (isOurs(name)) return "circle";
  const others = names.filter((name) => !isOurs(name));
  return SYMBOLS[others.indexOf(name) % SYMBOLS.length] as string;
}
