/** What `npm run accuracy` measures, and what a record of it holds. The figures are the same in every run, to the last digit. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Text } from "../claims/directions.js";
import { json } from "../claims/record.js";
import { type AmplifierFigures, amplifier } from "./amplifier.js";
import { type PhonemesFigures, phonemes } from "./phonemes.js";
import { type PinyinFigures, pinyin } from "./pinyin.js";
import { type SegmenterFigures, type SegmenterOptions, segmenter } from "./segmenter.js";
import { type StatesFigures, type StatesOptions, states } from "./states.js";
import { type VadFigures, vad } from "./vad.js";

export interface Settings {
  readonly segmenter: SegmenterOptions;
  readonly amplifier: { readonly seconds: number };
  readonly states: StatesOptions;
}

export const SETTINGS: Settings = {
  segmenter: { seed: 1, pieces: 5000, epochs: 2, testPieces: 2000 },
  amplifier: { seconds: 30 },
  states: {
    steps: 1000,
    sizes: [
      [1, 40],
      [16, 64],
      [64, 128],
      [256, 512],
    ],
  },
};

export interface Figures {
  readonly settings: Settings;
  readonly pinyin: PinyinFigures;
  readonly phonemes: PhonemesFigures;
  readonly vad: VadFigures;
  readonly segmenter: SegmenterFigures;
  readonly amplifier: AmplifierFigures;
  readonly states: readonly StatesFigures[];
}

/** @param listen hears the name of each task that begins */
export function measure(settings: Settings, text: Text, listen: (task: string) => void = () => {}): Figures {
  const begun = <T>(task: string, figures: () => T): T => {
    listen(task);
    return figures();
  };
  return {
    settings,
    pinyin: begun("pinyin", pinyin),
    phonemes: begun("phonemes", phonemes),
    vad: begun("voice activity", vad),
    segmenter: begun("segmenter", () => segmenter(settings.segmenter, text)),
    amplifier: begun("amplifier", () => amplifier(settings.amplifier)),
    states: begun("states", () => states(settings.states)),
  };
}

const FILE = fileURLToPath(new URL("figures.json", import.meta.url));

export function readFigures(): Figures {
  return JSON.parse(readFileSync(FILE, "utf8"));
}

export function writeFigures(figures: Figures): void {
  writeFileSync(FILE, json(figures));
}
