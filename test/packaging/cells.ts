import type { Cell } from "./cell.js";
import { browsers } from "./cells/browsers.js";
import { node } from "./cells/node.js";

/** The whole matrix, in the order of its tables. */
export const CELLS: readonly Cell[] = [...node, ...browsers];
