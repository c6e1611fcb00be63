import type { LayerTrace, Tensor, Traced } from "lstm-wasm";
import type { Pinyin } from "../pinyin/pinyin.js";

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
  const steps = trace.layers.flatMap((layer) => stepsOf(layer, input));
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

function stepsOf(layer: LayerTrace, input: Tensor): Step[] {
  const xs = rows(input);
  const traced = (name: Traced) => rows(layer[name] as Tensor);
  const [f, i, g, o, c, h] = [traced("f"), traced("i"), traced("g"), traced("o"), traced("c"), traced("h")];
  const positions = [...xs.keys()];
  if (layer.direction === "reverse") positions.reverse();
  return positions.map((position, index) => {
    const previous = positions[index - 1];
    const at = (all: readonly Float32Array[], where = position) => all[where] as Float32Array;
    const before = (all: readonly Float32Array[]) =>
      previous === undefined ? new Float32Array(at(all).length) : at(all, previous);
    return {
      direction: layer.direction,
      position,
      t: index + 1,
      x: at(xs),
      before: { h: before(h), c: before(c) },
      f: at(f),
      i: at(i),
      g: at(g),
      c: at(c),
      o: at(o),
      h: at(h),
      kept: times(at(f), before(c)),
      added: times(at(i), at(g)),
    };
  });
}

function rows({ data, shape }: Tensor): Float32Array[] {
  const [count, width] = shape as [number, number];
  return Array.from({ length: count }, (_, row) => data.subarray(row * width, (row + 1) * width));
}

const times = (a: Float32Array, b: Float32Array) => a.map((value, index) => value * (b[index] as number));

/** The largest magnitude, rounded up to a short number. */
function largest(all: readonly Float32Array[]): number {
  const most = all.reduce((most, values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), most), 0);
  return most < 10 ? Math.ceil(most * 10) / 10 : Math.ceil(most);
}
