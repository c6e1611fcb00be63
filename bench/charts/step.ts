import * as Plot from "@observablehq/plot";
import type { Result } from "../compare-nodes.js";
import { colourOf, isDrawn, isOurs, OURS } from "./contestants.js";
import { drawn } from "./svg.js";

const HEIGHT = 440;
/** The cells that have a line of ours beside the LSTMs. */
const SIBLINGS: readonly string[] = ["GRU", "RNN"];

interface Dot {
  readonly name: string;
  readonly hidden: number;
  readonly microseconds: number;
}

/**
 * Time of one step against the hidden size, both logarithmic: a line for each contestant's LSTM, and for our GRU and RNN,
 * with its name at the end.
 */
export function stepChart({ cases, node }: Result): string {
  const dots: Dot[] = cases
    .filter(({ case: { kind } }) => kind === "step")
    .flatMap(({ case: { cell = "LSTM", hidden }, times }) =>
      Object.entries(times)
        .filter(([name]) => (cell === "LSTM" ? isDrawn(name) : name === OURS && SIBLINGS.includes(cell)))
        .map(([name, { fastest }]) => ({
          name: cell === "LSTM" ? name : `${name}, ${cell}`,
          hidden,
          microseconds: fastest,
        })),
    );
  const names = [...new Set(dots.map(({ name }) => name))];
  const sizes = [...new Set(dots.map(({ hidden }) => hidden))];
  const ends = names.map((name) => dots.filter((dot) => dot.name === name).at(-1) as Dot);
  return drawn({
    height: HEIGHT,
    marginRight: 150,
    marginLeft: 60,
    marginTop: 40,
    x: { type: "log", ticks: sizes, tickFormat: (size: number) => String(size), label: "hidden size →", grid: false },
    y: {
      type: "log",
      label: `↑ microseconds for one step of an LSTM, batch 1 (Node ${node}, one thread)`,
      grid: true,
      tickFormat,
    },
    marks: [
      Plot.line(dots, {
        x: "hidden",
        y: "microseconds",
        z: "name",
        stroke: ({ name }: Dot) => colourOf(name),
        strokeWidth: ({ name }: Dot) => (isOurs(name) ? 3 : 1.6),
      }),
      Plot.dot(dots, { x: "hidden", y: "microseconds", fill: ({ name }: Dot) => colourOf(name), r: 3 }),
      ...apart(ends).map((end) =>
        Plot.text([end], {
          x: "hidden",
          y: "microseconds",
          text: "name",
          dx: 10,
          textAnchor: "start",
          fill: colourOf(end.name),
          fontWeight: isOurs(end.name) ? "bold" : "normal",
        }),
      ),
    ],
  });
}

function tickFormat(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Moves the names apart where lines end close to each other: upwards, by the height of a line in the axis' measure. */
function apart(ends: readonly Dot[]): Dot[] {
  const values = ends.map(({ microseconds }) => microseconds);
  const line = (Math.max(...values) / 0.1) ** (16 / HEIGHT);
  let below = 0;
  return [...ends]
    .sort((a, b) => a.microseconds - b.microseconds)
    .map((dot) => {
      below = Math.max(dot.microseconds, below * line);
      return { ...dot, microseconds: below };
    });
}
