import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { Amplifier } from "./amplifier.js";
import { openChromium, playIn } from "./browser.js";
import { serve } from "./server.js";
import { improvise, RATE } from "./strings.js";
import { MODEL } from "./train.js";

const BLOCK = 128;
const SECONDS = 20;
/** Of two seconds each in Chromium, whose clock gives means only. */
const ROUNDS = 5;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Prints what share of real time the amplifier needs in Node and in Chromium's worklet. */
export async function measure(): Promise<void> {
  const sound = improvise(SECONDS, 3);
  const budget = (BLOCK / RATE) * 1000;
  console.log(`${cpus()[0]?.model.trim()}; a block of ${BLOCK} samples may take ${budget.toFixed(2)} ms\n`);

  const times = inNode(sound).sort((a, b) => a - b);
  const at = (quantile: number): number => times[Math.floor(quantile * (times.length - 1))] as number;
  const [median, late] = [0.5, 0.99].map((quantile) => percent(at(quantile) / budget));
  console.log(`Node ${process.versions.node}: median ${median}, 99th percentile ${late} of real time`);

  const site = await serve(0);
  const browser = await openChromium();
  try {
    const shares = (await playIn(browser, site.url, ROUNDS)).sort((a, b) => a - b);
    const [least, median, most] = [0, (ROUNDS - 1) / 2, ROUNDS - 1].map((i) => percent(shares[i] as number));
    console.log(`${await browser.version()}, playing: median ${median}, from ${least} to ${most} of real time`);
  } finally {
    await browser.close();
    site.close();
  }
}

/** The milliseconds of each block. */
function inNode(sound: Float32Array): number[] {
  const amplifier = new Amplifier(readFileSync(MODEL));
  const output = new Float32Array(BLOCK);
  const times: number[] = [];
  for (let at = 0; at + BLOCK <= sound.length; at += BLOCK) {
    const input = sound.subarray(at, at + BLOCK);
    const started = performance.now();
    amplifier.process(input, output);
    times.push(performance.now() - started);
  }
  amplifier.dispose();
  return times;
}
