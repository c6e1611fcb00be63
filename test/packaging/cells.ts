import type { Cell } from "./cell.js";
import { browsers } from "./cells/browsers.js";
import { bundlers } from "./cells/bundlers.js";
import { edges } from "./cells/edge.js";
import { next } from "./cells/next.js";
import { runners } from "./cells/runners.js";
import { servers } from "./cells/servers.js";
import { typescript } from "./cells/typescript.js";

/** The whole matrix, in the order of its tables. */
export const CELLS: readonly Cell[] = [...servers, ...runners, ...edges, next, ...browsers, ...bundlers, ...typescript];
