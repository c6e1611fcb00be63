import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { Listener } from "./listener.js";
import { SileroVAD } from "./silero.js";
import { readWav } from "./wav.js";
import type { Heard } from "./worklet.js";

const data = (name: string): Buffer => readFileSync(join(import.meta.dirname, "data", name));
const model = data("silero_vad_16k_sequence.onnx");
const { samples } = readWav(data("sample.wav"));

interface Processor {
  process(inputs: Float32Array[][]): boolean;
}

/** The worklet as a browser gets it, in a context that has what ECMAScript has and an AudioWorklet's two names, and no more. */
const context = createContext({});
const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, "worklet.ts")],
  bundle: true,
  platform: "browser",
  write: false,
});
runInContext(
  `delete globalThis.console;
   class AudioWorkletProcessor { port = { postMessage: (message) => heard.push(message) }; }
   let heard = [], Processor;
   const registerProcessor = (name, processor) => { Processor = processor; };
   ${outputFiles[0]?.text}`,
  context,
);

/** What the worklet posts, given the sample in blocks of 128 as if it had this rate. */
function worklet(rate: number): { heard: Heard[]; processor: Processor } {
  const make = runInContext("(options) => ({ heard: (heard = []), processor: new Processor(options) })", context);
  const { heard, processor } = make({ processorOptions: { model, rate } });
  for (let at = 0; at + 128 <= samples.length; at += 128) processor.process([[samples.subarray(at, at + 128)]]);
  return { heard, processor };
}

/** The probabilities in Node, the sound given at once. */
function node(rate: number): number[] {
  const probabilities: number[] = [];
  const listener = new Listener(new SileroVAD(model), rate, (probability) => probabilities.push(probability));
  listener.hear(samples);
  return probabilities;
}

describe("the worklet", () => {
  it.each([16_000, 48_000])("posts at %i samples a second what Node computes, to the bit", (rate) => {
    const { heard } = worklet(rate);
    expect(heard.map(({ probability }) => probability)).toEqual(node(rate));
    expect(heard).toHaveLength(Math.floor(((156_640 / rate) * 16_000) / 512));
    expect(heard.every(({ milliseconds }) => milliseconds > 0)).toBe(true);
  });

  it("hears silence while nothing is connected", () => {
    const { heard, processor } = worklet(16_000);
    const before = heard.length;
    for (let block = 0; block < 40; block++) expect(processor.process([[]])).toBe(true);
    expect(heard).toHaveLength(before + 10);
    expect(heard.at(-1)?.probability).toBeLessThan(0.1);
  });
});
