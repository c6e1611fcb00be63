/** Prints, as JSON, how the heap grew while the amplifier ran; amplifier.test.ts runs it with --expose-gc. */
import { readFileSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Amplifier } from "./amplifier.js";
import { improvise } from "./strings.js";
import { MODEL } from "./train.js";

const amplifier = new Amplifier(readFileSync(MODEL));
const sound = improvise(1, 1);
const blocks = Array.from({ length: Math.floor(sound.length / 128) }, (_, i) => sound.subarray(128 * i, 128 * (i + 1)));
const output = new Float32Array(128);

function play(seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    for (let block = 0; block < blocks.length; block++) amplifier.process(blocks[block] as Float32Array, output);
  }
}

play(8); // until it is compiled: V8's interpreter boxes the numbers of whatever code it runs
let heard = 0;
const observer = new PerformanceObserver((list) => {
  heard += list.getEntries().length;
});
// What V8 itself does now and then, compiling for one, falls into some rounds; what a block costs is in all of them.
const rounds: { bytes: number; collections: number }[] = [];
for (let round = 0; round < 3; round++) {
  (globalThis as unknown as { gc(): void }).gc();
  await sleep(50);
  observer.observe({ entryTypes: ["gc"] });
  const before = process.memoryUsage().heapUsed;
  play(15);
  const bytes = process.memoryUsage().heapUsed - before;
  await sleep(50); // the observer hears of it later
  observer.disconnect();
  rounds.push({ bytes, collections: heard });
  heard = 0;
}
const least = Math.min(...rounds.map(({ bytes }) => bytes));
console.log(
  JSON.stringify({
    samples: 3 * 15 * blocks.length * 128,
    bytes: least,
    collections: Math.min(...rounds.map(({ collections }) => collections)),
  }),
);
