/** One direction against two: the segmenter of examples/segment, trained for a short while. */
import { exampleOf } from "../../examples/segment/batches.js";
import type { Piece } from "../../examples/segment/corpus.js";
import { Tagger, type TaggerOptions } from "../../examples/segment/tagger.js";
import { evaluate, Training } from "../../examples/segment/training.js";
import { Vocabulary } from "../../examples/segment/vocabulary.js";
import { parametersOf } from "./count.js";

export interface DirectionsOptions {
  /** The models by their names: the same training for each. */
  readonly models: Readonly<Record<string, Required<TaggerOptions>>>;
  /** Decides the first weights and the order of the batches. */
  readonly seeds: readonly number[];
  /** How many pieces of the training text are read, and how often. */
  readonly pieces: number;
  readonly epochs: number;
  /** How many pieces of the test text are scored. */
  readonly testPieces: number;
}

/** The two parts of the corpus that are needed. */
export interface Text {
  readonly training: readonly Piece[];
  readonly test: readonly Piece[];
}

/** A model after an epoch. */
export interface DirectionsPoint {
  readonly model: string;
  readonly seed: number;
  /** From 1. */
  readonly epoch: number;
  /** The mean of the epoch's losses, a character. */
  readonly loss: number;
  /** Of whole words, on the test pieces. */
  readonly f1: number;
  /** Of the LSTM alone, and with the embedding and the linear layer. */
  readonly parameters: { readonly lstm: number; readonly model: number };
  /** Multiplications and additions of the LSTM's products for a character, forward. */
  readonly flops: number;
  /** What training took in this epoch; not the same in two runs. */
  readonly seconds: number;
}

/** One point for each model, seed and epoch. */
export function* directions(options: DirectionsOptions, text: Text): Generator<DirectionsPoint, void, void> {
  const training = text.training.slice(0, options.pieces);
  const vocabulary = Vocabulary.of(training);
  const examples = training.map((piece) => exampleOf(vocabulary, piece));
  const test = text.test.slice(0, options.testPieces).map((piece) => exampleOf(vocabulary, piece));
  for (const [model, sizes] of Object.entries(options.models)) {
    for (const seed of options.seeds) {
      const tagger = new Tagger(vocabulary, seed, sizes);
      const run = new Training(tagger, examples, seed);
      for (let epoch = 1; epoch <= options.epochs; epoch++) {
        if (epoch > 1) run.nextEpoch();
        while (run.step());
        const { loss, characters, seconds } = run.position;
        const { f1 } = evaluate(tagger, test);
        yield { model, seed, epoch, loss: loss / characters, f1, ...costOf(tagger, sizes), seconds };
      }
      tagger.dispose();
    }
  }
}

function costOf(tagger: Tagger, { bidirectional }: Required<TaggerOptions>) {
  const { inputSize, hiddenSize } = tagger.modules.lstm;
  return {
    parameters: { lstm: parametersOf(tagger.modules.lstm.parameters()), model: parametersOf(tagger.parameters()) },
    flops: 8 * hiddenSize * (inputSize + hiddenSize) * (bidirectional ? 2 : 1),
  };
}
