import { Resampler } from "./resample.js";
import { CHUNK, SAMPLE_RATE, type SileroVAD } from "./silero.js";

/** Hears sound in blocks of any length and rate, as files and microphones give it, and makes the model's chunks of them. */
export class Listener {
  readonly #vad: SileroVAD;
  readonly #heard: (probability: number) => void;
  readonly #resampler: Resampler;
  readonly #chunk = new Float32Array(CHUNK);
  /** Samples that the chunk has so far. */
  #filled = 0;
  #samples = 0;

  /**
   * @param rate samples a second of the blocks, 1000 to 768,000
   * @param heard is called with the probability of each chunk
   */
  constructor(vad: SileroVAD, rate: number, heard: (probability: number) => void) {
    this.#vad = vad;
    this.#heard = heard;
    this.#resampler = new Resampler(rate, SAMPLE_RATE);
  }

  /** Samples so far, at the model's rate. */
  get samples(): number {
    return this.#samples;
  }

  hear(block: Float32Array): void {
    this.#take(this.#resampler.process(block));
  }

  /** Hears the rest, the last chunk filled up with zeros. */
  end(): void {
    this.#take(this.#resampler.end());
    if (this.#filled === 0) return;
    this.#chunk.fill(0, this.#filled);
    this.#filled = 0;
    this.#heard(this.#vad.step(this.#chunk));
  }

  #take(samples: Float32Array): void {
    this.#samples += samples.length;
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + CHUNK - this.#filled);
      this.#chunk.set(part, this.#filled);
      at += part.length;
      this.#filled = (this.#filled + part.length) % CHUNK;
      if (this.#filled === 0) this.#heard(this.#vad.step(this.#chunk));
    }
  }
}
