/**
 * What `npm run claims` measured. The figures are the same in every run, on every machine, to the last digit; the times are
 * not, and lie in a file of their own.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Machine, machine } from "../record.js";
import type { AddingPoint, RacePoint } from "./adding.js";
import type { CostPoint } from "./cost.js";
import type { DirectionsPoint } from "./directions.js";
import type { GradientPoint } from "./gradient.js";
import type { Settings } from "./settings.js";

/** One network that was trained on the adding problem. */
export interface Run extends Pick<RacePoint, "cell" | "steps" | "seed"> {
  /** After how many updates training ended, and what the error was then. */
  readonly updates: number;
  readonly error: number;
  readonly solved: boolean;
  /** The norm of dL/dx(1) before training and after it. */
  readonly input: readonly [before: number, after: number];
  /** The error before training, and after every so many updates. */
  readonly errors: readonly number[];
}

export interface Figures {
  readonly settings: Settings;
  readonly gradient: readonly GradientPoint[];
  readonly adding: Readonly<Record<keyof Settings["adding"], readonly Run[]>>;
  readonly directions: readonly Omit<DirectionsPoint, "seconds">[];
  readonly cost: readonly Omit<CostPoint, "milliseconds">[];
}

export interface Times {
  /** Seconds of training for each of `Figures.directions`. */
  readonly directions: readonly number[];
  /** Milliseconds of a training step for each of `Figures.cost`. */
  readonly cost: readonly CostPoint["milliseconds"][];
}

export interface Measured {
  readonly figures: Figures;
  readonly times: Times;
}

/** The points of one network, in their order, as one run. */
export function runOf(points: readonly RacePoint[]): Run {
  const [first, last] = [points[0] as RacePoint, points.at(-1) as AddingPoint];
  return {
    ...{ cell: first.cell, steps: first.steps, seed: first.seed },
    ...{ updates: last.updates, error: last.error, solved: last.solved },
    input: [first.input, last.input],
    errors: points.map(({ error }) => error),
  };
}

const FIGURES = fileURLToPath(new URL("figures.json", import.meta.url));
const TIMES = fileURLToPath(new URL("times.json", import.meta.url));

export function writeRecord({ figures, times }: Measured): void {
  writeFileSync(FIGURES, json(figures));
  writeFileSync(TIMES, json({ ...machine(), command: "npm run claims", ...times }));
}

/** The record that is kept beside this file. */
export function readRecord(): { readonly figures: Figures; readonly times: Times & Machine } {
  return { figures: JSON.parse(readFileSync(FIGURES, "utf8")), times: JSON.parse(readFileSync(TIMES, "utf8")) };
}

/** JSON with a line for each element of an array of objects. */
export function json(value: object, indent = ""): string {
  const inner = `${indent} `;
  const element = (one: unknown) =>
    isObject(one) && Object.values(one).some(holdsObjects) ? json(one, inner).trimEnd() : JSON.stringify(one);
  const parts = Array.isArray(value)
    ? value.map((one) => `${inner}${JSON.stringify(one)}`)
    : Object.entries(value).map(([key, one]) => {
        const text = Array.isArray(one) && one.some(isObject) ? json(one, inner).trimEnd() : element(one);
        return `${inner}${JSON.stringify(key)}: ${text}`;
      });
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${parts.join(",\n")}\n${indent}${close}\n`;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const holdsObjects = (value: unknown) => isObject(value) && (!Array.isArray(value) || value.some(isObject));
