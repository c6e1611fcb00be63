import { CHUNK, SAMPLE_RATE } from "./silero.js";

/** Where somebody speaks: the first sample, and the one after the last. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** By the names of the Python package's `get_speech_timestamps`, with its defaults. */
export interface SegmentOptions {
  /** From this probability on somebody speaks; 0.5 by default. */
  readonly threshold?: number | undefined;
  /** Below this, perhaps not any more; `threshold` - 0.15 by default, but no less than 0.01. */
  readonly negThreshold?: number | undefined;
  /** Shorter speech is dropped, in milliseconds; 250 by default. */
  readonly minSpeechDurationMs?: number | undefined;
  /** So long must a silence last to end a segment, in milliseconds; 100 by default. */
  readonly minSilenceDurationMs?: number | undefined;
  /** What a segment gains at either end, in milliseconds; 30 by default. */
  readonly speechPadMs?: number | undefined;
}

/**
 * Makes segments of probabilities, as the Python package's `get_speech_timestamps` does (without `max_speech_duration_s`). It
 * has two thresholds, so that a probability near one of them does not start and end segments all the time.
 *
 * ```ts
 * const segmenter = new Segmenter();
 * for (const chunk of chunks) segmenter.add(vad.step(chunk)); // segmenter.speaking tells how it is now
 * segmenter.segments(samples); // [{ start: 3616, end: 46048 }]
 * ```
 */
export class Segmenter {
  readonly #threshold: number;
  readonly #negThreshold: number;
  readonly #minSpeech: number;
  readonly #minSilence: number;
  readonly #pad: number;
  /** The segments that have ended, without padding. */
  readonly #ended: Segment[] = [];
  /** The first sample of the next chunk. */
  #now = 0;
  /** Where the segment that goes on began. */
  #start: number | undefined;
  /** Where it ends, if the silence lasts. */
  #silence: number | undefined;

  constructor(options: SegmentOptions = {}) {
    const { threshold = 0.5, minSpeechDurationMs = 250, minSilenceDurationMs = 100, speechPadMs = 30 } = options;
    this.#threshold = threshold;
    this.#negThreshold = options.negThreshold ?? Math.max(threshold - 0.15, 0.01);
    this.#minSpeech = (SAMPLE_RATE * minSpeechDurationMs) / 1000;
    this.#minSilence = (SAMPLE_RATE * minSilenceDurationMs) / 1000;
    this.#pad = (SAMPLE_RATE * speechPadMs) / 1000;
  }

  /** Whether somebody speaks, or makes a pause that is too short to end the segment. */
  get speaking(): boolean {
    return this.#start !== undefined;
  }

  /** Takes the probability of the next chunk. */
  add(probability: number): void {
    if (!(probability >= 0 && probability <= 1))
      throw new RangeError(`probability: expected 0 to 1, got ${probability}`);
    const now = this.#now;
    this.#now += CHUNK;
    if (probability >= this.#threshold) {
      this.#start ??= now;
      this.#silence = undefined;
    } else if (probability < this.#negThreshold && this.#start !== undefined) {
      this.#silence ??= now;
      if (now - this.#silence < this.#minSilence) return;
      if (this.#silence - this.#start > this.#minSpeech) this.#ended.push({ start: this.#start, end: this.#silence });
      this.#start = undefined;
      this.#silence = undefined;
    }
  }

  /**
   * The segments so far, also one that goes on.
   *
   * @param samples the length of the sound: its last chunk may have been filled up with zeros
   */
  segments(samples: number): Segment[] {
    const found = [...this.#ended];
    if (this.#start !== undefined && samples - this.#start > this.#minSpeech) {
      found.push({ start: this.#start, end: samples });
    }
    const pad = this.#pad;
    // Two segments share a silence that is too short for the padding of both.
    const half = (silence: number): number => (silence < 2 * pad ? silence / 2 : pad);
    return found.map(({ start, end }, i) => {
      const before = found[i - 1];
      const after = found[i + 1];
      return {
        start: Math.trunc(Math.max(0, start - (before === undefined ? pad : half(start - before.end)))),
        end: Math.trunc(Math.min(samples, end + (after === undefined ? pad : half(after.start - end)))),
      };
    });
  }
}
