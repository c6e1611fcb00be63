/** Trains the amplifier's model: `npm run audio -- --train`. */
import { join } from "node:path";
import { SingleBar } from "cli-progress";
import { writeFileAtomic } from "lstm-wasm/node";
import { Amplifier } from "./amplifier.js";
import { circuit } from "./circuit.js";
import { improvise } from "./strings.js";
import { errorToSignal, Training } from "./training.js";

const STEPS = 7000;
const SEED = 1;
/** The seed of the sound that the model is scored on; no step of training comes near it. */
export const UNSEEN = 1_000_000;

/** Where the model is kept. */
export const MODEL = join(import.meta.dirname, "data/amplifier.safetensors");

/** Trains from scratch, with a bar on the terminal, and writes the model to a file. */
export async function train(file = MODEL, steps = STEPS): Promise<void> {
  const training = new Training(steps, SEED);
  const bar = new SingleBar({
    format: "{bar} {percentage}% | error to signal {esr} | {eta_formatted} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    noTTYOutput: true, // a line now and then, so that a log shows progress too
    notTTYSchedule: 10_000,
    gracefulExit: false, // it would swallow the first Ctrl-C
    linewrap: true, // else Ctrl-C would leave a terminal that does not wrap
  });
  bar.start(steps, 0, { esr: "?" });
  const recent = { error: 0, signal: 0 };
  for (let step = 1; step <= steps; step++) {
    const { error, signal } = training.step();
    recent.error += 0.02 * (error - recent.error);
    recent.signal += 0.02 * (signal - recent.signal);
    if (step % 20 !== 0) continue;
    bar.update(step, { esr: percent(recent.error / recent.signal) });
    await new Promise(setImmediate); // the bar draws and signals arrive between steps
  }
  bar.update(steps);
  bar.stop();
  const model = training.toBytes();
  training.dispose();
  await writeFileAtomic(file, model);
  console.log(`On half a minute of unseen playing: error to signal ${percent(score(model))}.`);
}

/** The error-to-signal ratio of a model on sound it was not trained on. */
export function score(model: Uint8Array, seconds = 30): number {
  const sound = improvise(seconds, UNSEEN);
  const output = new Float32Array(sound.length);
  const amplifier = new Amplifier(model);
  amplifier.process(sound, output);
  amplifier.dispose();
  return errorToSignal(output, circuit(sound));
}

const percent = (ratio: number): string => `${(100 * ratio).toFixed(2)} %`;
