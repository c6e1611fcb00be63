/** How a guitar amplifier sounds: examples/audio, an LSTM(1, 40), sample by sample, on playing it was not trained on. */
import { readFileSync } from "node:fs";
import { Amplifier } from "../../examples/audio/amplifier.js";
import { circuit } from "../../examples/audio/circuit.js";
import { improvise } from "../../examples/audio/strings.js";
import { MODEL, UNSEEN } from "../../examples/audio/train.js";
import { errorToSignal } from "../../examples/audio/training.js";
import type { Variant } from "../../examples/variant.js";
import { compared, type Each } from "./variants.js";

/** Seconds of what it was trained on. */
const CALIBRATION = 0.5;

export interface AmplifierFigures {
  readonly seconds: number;
  /** The energy of the error over the energy of the signal: against the circuit that the model learned, and against float32. */
  readonly errorToSignal: Each<{ readonly circuit: number; readonly float32: number }>;
}

export function amplifier({ seconds }: { seconds: number }): AmplifierFigures {
  const sound = improvise(seconds, UNSEEN);
  const wanted = circuit(sound);
  const model = readFileSync(MODEL);
  const play = (variant: Variant, input: Float32Array) => {
    const amplifier = new Amplifier(model, variant);
    const output = new Float32Array(input.length);
    amplifier.process(input, output);
    amplifier.dispose();
    return output;
  };
  const figures = compared(
    (variant) => play(variant, improvise(CALIBRATION, 1)),
    (variant) => play(variant, sound),
    (own, float32) => ({ circuit: errorToSignal(own, wanted), float32: errorToSignal(own, float32) }),
  );
  return { seconds, errorToSignal: figures };
}
