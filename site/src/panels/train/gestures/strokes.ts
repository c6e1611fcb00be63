import { mulberry32 } from "../../../../../examples/mulberry32.js";

/** A stroke of the pen: x, y, x, y, ... within a square from 0 to 1, y downwards. */
export type Stroke = readonly number[];

/** How far the pen moves in one step of the model, in widths of the square. */
export const SPACING = 1 / 24;

/**
 * Turns a stroke into steps of equal length, so that neither the speed of the hand nor the rate of pointer events
 * matters. A step is its direction, (dx, dy) / SPACING. It depends on the points so far only: the model reads a stroke
 * while it is drawn.
 */
export class Walker {
  /** Where the last step ended. */
  #at: { readonly x: number; readonly y: number } | undefined;

  /** The steps that a further point completes, one after the other. */
  advance(x: number, y: number): number[] {
    const steps: number[] = [];
    let at = this.#at ?? { x, y };
    for (;;) {
      const distance = Math.hypot(x - at.x, y - at.y);
      if (distance < SPACING) break;
      const [dx, dy] = [(x - at.x) / distance, (y - at.y) / distance];
      steps.push(dx, dy);
      at = { x: at.x + SPACING * dx, y: at.y + SPACING * dy };
    }
    this.#at = at;
    return steps;
  }
}

/** All steps of a stroke: dx, dy, dx, dy, ... */
export function stepsOf(stroke: Stroke): number[] {
  const walker = new Walker();
  const steps: number[] = [];
  for (let i = 0; i < stroke.length; i += 2)
    steps.push(...walker.advance(stroke[i] as number, stroke[i + 1] as number));
  return steps;
}

/** The same stroke as another hand would draw it: turned by up to 15 degrees, and larger or smaller by up to a third. */
export function varied(stroke: Stroke, random: () => number): number[] {
  const angle = (random() - 0.5) * (Math.PI / 6);
  const size = 0.75 * (4 / 3 / 0.75) ** random();
  const [cos, sin] = [size * Math.cos(angle), size * Math.sin(angle)];
  return stroke.map((value, i) =>
    i % 2 === 0 ? cos * value - sin * (stroke[i + 1] as number) : sin * (stroke[i - 1] as number) + cos * value,
  );
}

export const SHAPES = ["circle", "zigzag", "tick"] as const;
export type Shape = (typeof SHAPES)[number];

/** A stroke as a hand may draw it: place, size, direction and start differ with the seed, and the hand shakes. */
export function sampleStroke(shape: Shape, seed: number): Stroke {
  const random = mulberry32(1000 * SHAPES.indexOf(shape) + seed);
  const between = (from: number, to: number): number => from + (to - from) * random();
  const centre = [between(0.45, 0.55), between(0.45, 0.55)] as const;
  const size = between(0.26, 0.36);
  const direction = random() < 0.5 ? 1 : -1;
  const outline = OUTLINES[shape](random);
  return Array.from({ length: POINTS }, (_, i) => {
    const [x, y] = outline(i / (POINTS - 1));
    return [
      centre[0] + size * (shape === "tick" ? x : direction * x) + between(-0.008, 0.008),
      centre[1] + size * y + between(-0.008, 0.008),
    ];
  }).flat();
}

const POINTS = 41;

/** Where the pen is after a share of its way, within -1 and 1. */
const OUTLINES: Record<Shape, (random: () => number) => (share: number) => readonly [x: number, y: number]> = {
  circle: (random) => {
    const start = -Math.PI / 2 + random() - 0.5; // near the top
    return (share) => [Math.cos(start + 2 * Math.PI * share), Math.sin(start + 2 * Math.PI * share)];
  },
  zigzag: (random) => {
    const teeth = 4 + 2 * random();
    return (share) => [1.2 * (2 * share - 1), 0.6 * (2 * Math.abs(((teeth * share) % 2) - 1) - 1)];
  },
  tick: (random) => {
    const corner = 0.25 + 0.15 * random();
    return (share) =>
      share < corner
        ? [-1 + (0.6 * share) / corner, 0.8 * (share / corner)]
        : [-0.4 + (1.4 * (share - corner)) / (1 - corner), 0.8 - (1.8 * (share - corner)) / (1 - corner)];
  },
};
