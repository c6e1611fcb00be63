/** Where Chinese words end: examples/segment, a bidirectional LSTM(64, 128), trained for a short while as for docs/claims.md. */
import { exampleOf } from "../../examples/segment/batches.js";
import { answers } from "../../examples/segment/segmenter.js";
import { Tagger } from "../../examples/segment/tagger.js";
import { mostLikely, Scorer } from "../../examples/segment/tags.js";
import { Training } from "../../examples/segment/training.js";
import { Vocabulary } from "../../examples/segment/vocabulary.js";
import type { Text } from "../claims/directions.js";
import { changes, compared, type Each } from "./variants.js";

/** Pieces of the training text. */
const CALIBRATION = 200;

export interface SegmenterOptions {
  readonly seed: number;
  /** How many pieces of the training text are read, and how often. */
  readonly pieces: number;
  readonly epochs: number;
  /** How many pieces of the test text are scored. */
  readonly testPieces: number;
}

export interface SegmenterFigures {
  readonly characters: number;
  /** Of whole words. */
  readonly f1: Each<number>;
  /** Characters that got another tag. */
  readonly changed: Each<number>;
}

export function segmenter({ seed, pieces, epochs, testPieces }: SegmenterOptions, text: Text): SegmenterFigures {
  const training = text.training.slice(0, pieces);
  const vocabulary = Vocabulary.of(training);
  const trained = new Tagger(vocabulary, seed);
  const run = new Training(
    trained,
    training.map((piece) => exampleOf(vocabulary, piece)),
    seed,
  );
  for (let epoch = 1; epoch <= epochs; epoch++) {
    if (epoch > 1) run.nextEpoch();
    while (run.step());
  }
  const model = trained.toBytes();
  trained.dispose();
  const examples = text.test.slice(0, testPieces).map((piece) => exampleOf(vocabulary, piece));
  const both = compared(
    (variant) => {
      const tagger = Tagger.fromBytes(model, variant);
      tagger.train(false);
      const others = training.slice(0, CALIBRATION).map((piece) => exampleOf(vocabulary, piece));
      for (const _ of answers(tagger, others));
      tagger.dispose();
    },
    (variant) => {
      const tagger = Tagger.fromBytes(model, variant);
      tagger.train(false);
      const scorer = new Scorer();
      const tags = [...answers(tagger, examples)].flatMap(([example, logits]) => {
        const found = mostLikely(logits);
        scorer.add(example.tags, found);
        return found;
      });
      tagger.dispose();
      return { tags, f1: scorer.score.f1 };
    },
    (own, float32) => ({ f1: own.f1, changed: changes(own.tags, float32.tags) }),
  );
  const each = (what: "f1" | "changed") => {
    return Object.fromEntries(Object.entries(both).map(([name, figures]) => [name, figures[what]])) as Each<number>;
  };
  return {
    characters: examples.reduce((sum, { ids }) => sum + ids.length, 0),
    f1: each("f1"),
    changed: each("changed"),
  };
}
