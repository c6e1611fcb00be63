import type { Traced } from "lstm-wasm";
import type { Pinyin } from "../pinyin/pinyin.js";
import { type CellStep, rows, stepsOf, times } from "./steps.js";

const TRACED: readonly Traced[] = ["i", "f", "g", "o", "c", "h"];

/** One cell reading one character. */
export interface Step {
  readonly direction: "forward" | "reverse";
  /** Where the character stands in the sentence, from 0. */
  readonly position: number;
  /** Which step of its direction this is, from 1. */
  readonly t: number;
  readonly x: Float32Array;
  /** h and c of the step before; zeros at the first. */
  readonly before: { readonly h: Float32Array; readonly c: Float32Array };
  readonly f: Float32Array;
  readonly i: Float32Array;
  readonly g: Float32Array;
  readonly c: Float32Array;
  readonly o: Float32Array;
  readonly h: Float32Array;
  /** f(t) * c(t-1) and i(t) * g(t), whose sum is c(t). */
  readonly kept: Float32Array;
  readonly added: Float32Array;
}

/** A sentence's way through the LSTM. */
export interface Walk {
  /** What the model reads: BEGIN, the characters, END. */
  readonly symbols: readonly string[];
  readonly known: readonly boolean[];
  /** The forward direction's steps, then the reverse direction's, each in the order in which it reads. */
  readonly steps: readonly Step[];
  /** The LSTM's output at each position: forward's h, then reverse's. */
  readonly outputs: readonly Float32Array[];
  /** How the whole model reads each position; a `*` where it chose between several readings. */
  readonly readings: readonly string[];
  /** What a full bar stands for, the same at every step. */
  readonly scale: { readonly x: number; readonly c: number };
}

/** @param spell how a reading is spelled */
export function walk(pinyin: Pinyin, text: string, spell: (reading: string) => string): Walk {
  const { known, input, trace } = pinyin.trace(text);
  const steps = trace.layers.flatMap((layer) => stepsOf(layer, input, TRACED).map(lstmStep));
  const read = pinyin.read(text).map(({ char, pinyin: reading, probability }) => {
    if (reading === char) return "";
    return spell(reading) + (probability === undefined ? "" : "*");
  });
  return {
    symbols: ["BEGIN", ...text, "END"],
    known,
    steps,
    outputs: rows(trace.output),
    readings: ["", ...read, ""],
    scale: { x: largest(steps.map(({ x }) => x)), c: largest(steps.flatMap(({ kept, added, c }) => [kept, added, c])) },
  };
}

function lstmStep({ direction, position, t, x, before: { h, c }, now }: CellStep<Traced>): Step {
  const { f, i, g, o } = now;
  const [kept, added] = [times(f, c), times(i, g)];
  return { direction, position, t, x, before: { h, c }, f, i, g, o, c: now.c, h: now.h, kept, added };
}

/** The largest magnitude, rounded up to a short number. */
function largest(all: readonly Float32Array[]): number {
  const most = all.reduce((most, values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), most), 0);
  return most < 10 ? Math.ceil(most * 10) / 10 : Math.ceil(most);
}
