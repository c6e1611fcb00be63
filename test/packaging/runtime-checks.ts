import { browsers } from "./matrix/browsers.js";
import { bundlers } from "./matrix/bundlers.js";
import { edges } from "./matrix/edge.js";
import { next } from "./matrix/next.js";
import { runners } from "./matrix/runners.js";
import { servers } from "./matrix/servers.js";
import { site } from "./matrix/site.js";
import { typescript } from "./matrix/typescript.js";
import type { RuntimeCheck } from "./runtime-check.js";

/** The whole matrix, in the order of its tables. */
export const RUNTIME_CHECKS: readonly RuntimeCheck[] = [
  ...servers,
  ...runners,
  ...edges,
  next,
  ...browsers,
  ...site,
  ...bundlers,
  ...typescript,
];
