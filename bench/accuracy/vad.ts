/** Where somebody speaks: examples/vad, convolutions and an LSTM(128, 128), on the sound beside it, 306 steps of 32 ms. */
import { readFileSync } from "node:fs";
import { CHUNK, SileroVAD } from "../../examples/vad/silero.js";
import { readWav } from "../../examples/vad/wav.js";
import type { Variant } from "../../examples/variant.js";
import { changes, compared, type Each, furthest } from "./variants.js";

/** Steps, the first ones. */
const CALIBRATION = 100;

export interface VadFigures {
  readonly steps: number;
  /** The largest change of a probability, and how many decisions, a probability of at least 0.5, are others. */
  readonly changed: Each<{ readonly probability: number; readonly decisions: number }>;
}

export function vad(): VadFigures {
  const data = (name: string) => readFileSync(new URL(`../../examples/vad/data/${name}`, import.meta.url));
  const model = data("silero_vad_16k_sequence.onnx");
  const { samples } = readWav(data("sample.wav"));
  const steps = Math.ceil(samples.length / CHUNK);
  const sound = new Float32Array(steps * CHUNK);
  sound.set(samples);
  const hear = (variant: Variant, length: number) => {
    const listener = new SileroVAD(model, variant);
    const heard = Array.from({ length }, (_, step) => listener.step(sound.subarray(step * CHUNK, (step + 1) * CHUNK)));
    listener.dispose();
    return heard;
  };
  const changed = compared(
    (variant) => hear(variant, CALIBRATION),
    (variant) => hear(variant, steps),
    (own, float32) => ({
      probability: furthest(own, float32),
      decisions: changes(own.map(speech), float32.map(speech)),
    }),
  );
  return { steps, changed };
}

const speech = (probability: number): boolean => probability >= 0.5;
