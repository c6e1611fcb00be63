import type { Layout } from "./layout.js";

/** A wire to a stage, by its place in the order. */
export interface Wire {
  readonly to: number;
  /** An SVG path, arrowhead included. */
  readonly d: string;
}

/** The distance between wires side by side. */
const LANE = 7;

/**
 * The wires between the stages: the input's go down at the left, those between later stages at the right, each in a lane of
 * its own where they would meet.
 */
export function wiresOf({ boxes, rail, text, width }: Layout): Wire[] {
  const places = new Map(boxes.map(({ stage }, index) => [stage.name, index]));
  const lanes: number[] = []; // for each lane, the height down to which it is taken
  return boxes.flatMap(({ stage, port }, to) =>
    stage.from.map((name, index): Wire => {
      const from = boxes[places.get(name) as number] as (typeof boxes)[number];
      if (name === "input") {
        const edge = text - 6;
        return { to, d: `M${edge} ${from.port}H${rail}V${port}H${edge}${arrow(edge, port, 1)}` };
      }
      let lane = lanes.findIndex((taken) => taken <= from.port);
      if (lane === -1) lane = lanes.length;
      lanes[lane] = port;
      const x = width - 18 + lane * LANE - (lane > 2 ? LANE : 0);
      const [out, into] = [width - 22, port + 6 * (index - (stage.from.length - 1) / 2)];
      return { to, d: `M${out} ${from.port}H${x}V${into}H${out}${arrow(out, into, -1)}` };
    }),
  );
}

/** An arrowhead that points right (1) or left (-1) at (x, y). */
const arrow = (x: number, y: number, to: 1 | -1): string => `M${x - 4 * to} ${y - 3}L${x} ${y}L${x - 4 * to} ${y + 3}`;
