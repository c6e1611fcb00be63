import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Example } from "./batches.js";
import { Segmenter } from "./segmenter.js";
import { Tagger } from "./tagger.js";
import { encode } from "./tags.js";
import { evaluate, Training } from "./training.js";
import { Vocabulary } from "./vocabulary.js";

/** A language of three words, told apart by their first characters. */
const words = ["我", "喜欢", "运动会"];
const pieces = Array.from({ length: 96 }, (_, i) =>
  Array.from({ length: 1 + (i % 5) }, (_, j) => words[(i * 7 + j * (1 + (i % 2))) % 3] as string),
);
const vocabulary = Vocabulary.of(pieces);
const examples: Example[] = pieces.map((piece) => ({
  ids: [...piece.join("")].map((one) => vocabulary.id(one)),
  tags: encode(piece),
}));
const begin = (seed: number) => new Training(new Tagger(vocabulary, seed), examples, seed);
function advance(training: Training, steps: number): Training {
  for (let step = 0; step < steps; step++) {
    if (training.step()) continue;
    training.nextEpoch();
    training.step();
  }
  return training;
}
/** Of all its weights: comparing the bytes one by one takes vitest seconds. */
const digest = ({ tagger }: Training) => createHash("sha256").update(tagger.toBytes()).digest("hex");

describe("Training", () => {
  it("learns", () => {
    const training = advance(begin(1), 18);
    expect(evaluate(training.tagger, examples).f1).toBe(1);
    const saved = Tagger.fromBytes(training.tagger.toBytes());
    expect(new Segmenter(saved).segment(["我喜欢 运动会", "", "喜欢喜欢"])).toEqual([words, [], ["喜欢", "喜欢"]]);
  });

  it("goes on from a checkpoint with the bits of never having stopped, also across epochs", () => {
    const straight = advance(begin(1), 14);
    for (const stop of [0, 3, 6, 7]) {
      const checkpoint = advance(begin(1), stop).save();
      const resumed = begin(1);
      advance(resumed, 2); // what it did before must not matter
      resumed.resume(checkpoint);
      advance(resumed, 14 - stop);
      expect(digest(resumed)).toBe(digest(straight));
      const { seconds: _, ...position } = resumed.position;
      expect(straight.position).toMatchObject(position);
    }
  });

  it("is not disturbed by an evaluation in between", () => {
    const one = advance(begin(2), 4);
    evaluate(one.tagger, examples);
    expect(digest(advance(one, 4))).toBe(digest(advance(begin(2), 8)));
  });

  it("refuses a checkpoint of another seed or text, and what is none", () => {
    expect(() => begin(2).resume(begin(1).save())).toThrow("--seed 1, not 2; --fresh starts anew");
    const turned = new Training(new Tagger(vocabulary, 1), [...examples].reverse(), 1);
    expect(() => begin(1).resume(turned.save())).toThrow("another text; --fresh starts anew");
    expect(() => begin(1).resume(new Uint8Array(20))).toThrow("--fresh starts anew");
  });
});
