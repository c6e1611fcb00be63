import type { StateDict } from "lstm-wasm";
import { walk } from "../../../../examples/gates/walk.js";
import type { Pinyin } from "../../../../examples/pinyin/pinyin.js";
import { toneMarks } from "../../../../examples/pinyin/tone-marks.js";
import { preActivations } from "./pre-activations.js";
import type { Conclusion, Run, Story } from "./story.js";

/** The pinyin model, and its weights by name. */
export interface PinyinReader {
  readonly pinyin: Pinyin;
  readonly weights: StateDict;
}

/** Both directions of the pinyin model's LSTM, as the terminal's walk has them (examples/gates). */
export function readPinyin({ pinyin, weights }: PinyinReader, text: string): Story {
  const { known, steps, scale } = walk(pinyin, text, toneMarks);
  const lstm = Object.fromEntries(Object.entries(weights).map(([name, value]) => [name.replace("lstm.", ""), value]));
  const runs = (["forward", "reverse"] as const).map((name): Run => {
    const sums = preActivations("lstm", lstm, name === "forward" ? "_l0" : "_l0_reverse");
    const own = steps.filter(({ direction }) => direction === name);
    return {
      name,
      cell: "lstm",
      units: own[0]?.h.length ?? 0,
      steps: own.map(({ position, x, before, f, i, g, c, o, h, kept, added }) => {
        const traced = { f, i, g, c, o, h, kept, added };
        return {
          position,
          values: { x, h0: before.h, c0: before.c, ...traced, ...sums(x, before.h, traced) },
        };
      }),
    };
  });
  const readings = pinyin.read(text).map(
    ({ char, pinyin: reading, probability }): Conclusion => ({
      kind: "pinyin",
      pinyin: reading === char ? "" : toneMarks(reading),
      probability,
    }),
  );
  const none: Conclusion = { kind: "pinyin", pinyin: "", probability: undefined };
  return { symbols: [undefined, ...text, undefined], known, runs, conclusions: [none, ...readings, none], scale };
}
