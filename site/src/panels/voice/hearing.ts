import { type Segment, Segmenter } from "../../../../examples/vad/segments.js";
import { CHUNK, SAMPLE_RATE } from "../../../../examples/vad/silero.js";

/** Seconds of sound behind each probability: 0.032. */
export const STEP = CHUNK / SAMPLE_RATE;

/** A sound that can be played again. */
export interface Sound {
  /** The file's name. */
  readonly name: string;
  /** The address of its bytes, which are in the memory of this page. */
  readonly url: string;
  /** Seconds. */
  readonly length: number;
}

/** What the model has heard so far: of a file's sound, or of a microphone, whose sound is not kept. */
export class Hearing {
  readonly sound: Sound | undefined;
  readonly #probabilities: number[] = [];
  #segmenter: Segmenter;
  #threshold: number;
  /** Milliseconds of work. */
  #work = 0;
  /** The length of the sound at the model's rate, once all of it was heard: its last chunk may be filled up with zeros. */
  #samples: number | undefined;

  constructor(threshold: number, sound?: Sound) {
    this.#threshold = threshold;
    this.#segmenter = new Segmenter({ threshold });
    this.sound = sound;
  }

  /** How probable speech is in each chunk of 32 ms. */
  get probabilities(): readonly number[] {
    return this.#probabilities;
  }

  /** Seconds of sound that were heard. */
  get seconds(): number {
    return (this.#samples ?? this.#probabilities.length * CHUNK) / SAMPLE_RATE;
  }

  /** The model's work as a share of the time that the sound lasts. */
  get share(): number {
    return this.#work / 1000 / this.seconds;
  }

  /** Whether somebody speaks at its end, also if it is too short yet to be a segment. */
  get speaking(): boolean {
    return this.#segmenter.speaking;
  }

  /** Where somebody speaks, in seconds; also a segment that goes on. */
  get segments(): Segment[] {
    const samples = this.#samples ?? this.#probabilities.length * CHUNK;
    const inSeconds = ({ start, end }: Segment) => ({ start: start / SAMPLE_RATE, end: end / SAMPLE_RATE });
    return this.#segmenter.segments(samples).map(inSeconds);
  }

  /** The probability from which on somebody speaks. A new one makes new segments of all that was heard. */
  get threshold(): number {
    return this.#threshold;
  }

  set threshold(threshold: number) {
    this.#threshold = threshold;
    this.#segmenter = new Segmenter({ threshold });
    for (const probability of this.#probabilities) this.#segmenter.add(probability);
  }

  /** Takes the probabilities of the next chunks, and the milliseconds of work since those before. */
  add(probabilities: readonly number[], milliseconds: number): void {
    for (const probability of probabilities) {
      this.#probabilities.push(probability);
      this.#segmenter.add(probability);
    }
    this.#work += milliseconds;
  }

  /** All was heard: so many samples at the model's rate. */
  end(samples: number): void {
    this.#samples = samples;
  }
}
