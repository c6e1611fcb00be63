import { CHUNK, SAMPLE_RATE } from "./silero.js";

const BLOCKS = "▁▂▃▄▅▆▇█";
/** Chunks in a line: two seconds, all but 16 ms. */
const LINE = 62;

/** Probabilities as a curve, a block for each, after the time at which its line begins. */
export function curve(probabilities: readonly number[]): string {
  const blocks = probabilities.map((p) => BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(p * BLOCKS.length))]);
  const starts = Array.from({ length: Math.ceil(blocks.length / LINE) }, (_, line) => line * LINE);
  const times = starts.map((start) => `${((start * CHUNK) / SAMPLE_RATE).toFixed(2)} s`);
  const width = times.at(-1)?.length ?? 0; // the last is the longest
  return starts
    .map((start, line) => `${times[line]?.padStart(width)} ${blocks.slice(start, start + LINE).join("")}`)
    .join("\n");
}
