import type { Stage } from "./cells.js";

/** Lengths in the drawing of a cell, in CSS pixels. */
const LABEL = 72;
const NARROW_LABEL = 62;
const RIGHT = 34;
const CELL_HEIGHT = 19;
const X_HEIGHT = 11;
const HEAD = 42;
const FOOT = 20;
const GAP = 18;
const SPACE = 12;

/** A drawing of less width has smaller texts and curves. */
export const NARROW = 440;

/** Where a stage stands. */
export interface StageBox {
  readonly stage: Stage;
  readonly top: number;
  readonly height: number;
  /** The top of each of its heat maps. */
  readonly maps: readonly number[];
  /** The height at which wires come in and go out. */
  readonly port: number;
  readonly foot: number;
  readonly curve: readonly [left: number, top: number, width: number, height: number] | undefined;
}

/** The places of everything in the drawing of a cell: the stages from top to bottom, a column for each unit. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Where the columns of the units begin and end. */
  readonly left: number;
  readonly right: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly xHeight: number;
  /** The left edge of the texts, and the wire of the input beside it. */
  readonly text: number;
  readonly rail: number;
  readonly boxes: readonly StageBox[];
}

export function layOut(stages: readonly Stage[], units: number, inputs: number, width: number): Layout {
  const text = 22;
  const narrow = width < NARROW;
  const left = text + (narrow ? NARROW_LABEL : LABEL);
  const curveWidth = narrow ? 70 : 116;
  const right = width - RIGHT - curveWidth - SPACE;
  let top = 6;
  const boxes = stages.map((stage): StageBox => {
    let y = top + HEAD;
    const maps = stage.maps.map(({ value }) => {
      const here = y;
      y += value === "x" ? Math.ceil(inputs / units) * X_HEIGHT + 4 : CELL_HEIGHT;
      return here;
    });
    const foot = y + 14;
    const height = y + FOOT - top;
    const box: StageBox = {
      stage,
      top,
      height,
      maps,
      port: (maps.at(-1) as number) + CELL_HEIGHT / 2,
      foot,
      // Where there is little room, the numbers go on below the curve.
      curve: stage.curve && [right + SPACE, top + height - (narrow ? 90 : 76), curveWidth, 70],
    };
    top += height + GAP;
    return box;
  });
  return {
    width,
    height: top - GAP + 6,
    left,
    right,
    cellWidth: (right - left) / units,
    cellHeight: CELL_HEIGHT,
    xHeight: X_HEIGHT,
    text,
    rail: 8,
    boxes,
  };
}
