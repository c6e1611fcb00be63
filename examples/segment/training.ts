import { createHash } from "node:crypto";
import { LSTMError } from "lstm-wasm";
import { Adam, clipGradNorm, crossEntropy, loadCheckpoint, saveCheckpoint } from "lstm-wasm/train";
import { Complaint } from "../terminal.js";
import { type Batch, type Example, trainingBatches } from "./batches.js";
import { answers } from "./segmenter.js";
import type { Tagger } from "./tagger.js";
import { mostLikely, type Score, Scorer } from "./tags.js";

const RATE = 4e-3;
const DECAY = 0.75;
const LARGEST_NORM = 5;

/** How far training is. With the weights and the optimiser's state, all that is needed to go on. */
export interface Position {
  readonly seed: number;
  /** Tells the training text and its vocabulary from others of the same size. */
  readonly text: string;
  /** From 0. */
  epoch: number;
  /** The next batch of the epoch. */
  batch: number;
  /** Of this epoch so far: characters read, the sum of their losses, and the time that took. */
  characters: number;
  loss: number;
  seconds: number;
}

/** A training run that can stop after any batch and go on as if it had not. */
export class Training {
  readonly tagger: Tagger;
  readonly position: Position;
  readonly #examples: readonly Example[];
  readonly #optimiser: Adam;
  #batches: readonly Batch[];

  constructor(tagger: Tagger, examples: readonly Example[], seed: number) {
    this.tagger = tagger;
    const text = createHash("sha256").update(tagger.vocabulary.characters);
    for (const { ids, tags } of examples) text.update(`${ids} ${tags}\n`);
    this.position = { seed, text: text.digest("hex"), epoch: 0, batch: 0, characters: 0, loss: 0, seconds: 0 };
    this.#examples = examples;
    this.#optimiser = new Adam(tagger.parameters(), { lr: RATE });
    this.#batches = trainingBatches(examples, seed, 0);
  }

  /** Trains on the next batch; false if the epoch has none left. */
  step(): boolean {
    const { position, tagger } = this;
    const batch = this.#batches[position.batch];
    if (batch === undefined) return false;
    const started = performance.now();
    tagger.train();
    this.#optimiser.zeroGrad();
    const { loss, gradient } = crossEntropy(tagger.forward(batch), batch.tags);
    tagger.backward(gradient, batch);
    clipGradNorm(tagger.parameters(), LARGEST_NORM);
    this.#optimiser.step();
    position.batch++;
    position.characters += batch.ids.length;
    position.loss += loss * batch.ids.length;
    position.seconds += (performance.now() - started) / 1000;
    return true;
  }

  nextEpoch(): void {
    const epoch = this.position.epoch + 1;
    Object.assign(this.position, { epoch, batch: 0, characters: 0, loss: 0, seconds: 0 });
    this.#optimiser.lr = RATE * DECAY ** epoch;
    this.#batches = trainingBatches(this.#examples, this.position.seed, epoch);
  }

  save(): Uint8Array {
    return saveCheckpoint({ ...this.#state(), extra: this.position });
  }

  /** Goes on from what `save` gave. */
  resume(checkpoint: Uint8Array): void {
    let position: Position;
    try {
      position = loadCheckpoint(checkpoint, this.#state()).extra as Position;
    } catch (error) {
      if (!(error instanceof LSTMError)) throw error;
      throw new Complaint(`the checkpoint does not fit (${error.message}); --fresh starts anew`);
    }
    const { seed, text } = this.position;
    if (position.text !== text) {
      throw new Complaint("the checkpoint was trained on another text; --fresh starts anew");
    }
    if (position.seed !== seed) {
      throw new Complaint(`the checkpoint was trained with --seed ${position.seed}, not ${seed}; --fresh starts anew`);
    }
    Object.assign(this.position, position);
    this.#batches = trainingBatches(this.#examples, seed, position.epoch);
  }

  #state() {
    const { modules, dropouts } = this.tagger;
    const [before, after] = dropouts;
    return { model: { ...modules, before, after }, optimizer: this.#optimiser };
  }
}

/** How well the model finds the words of these examples. */
export function evaluate(tagger: Tagger, examples: readonly Example[]): Score {
  tagger.train(false);
  const scorer = new Scorer();
  for (const [{ tags }, logits] of answers(tagger, examples)) scorer.add(tags, mostLikely(logits));
  return scorer.score;
}
