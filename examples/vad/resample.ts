/** Zeros of the sinc on either side, and the share of the lower rate's half that passes: torchaudio's defaults. */
const ZEROS = 6;
const ROLLOFF = 0.99;
const MIN_RATE = 1000;
/** No sound has more samples a second, and a filter for 4,294,967,295, which a file may claim, would fill the memory. */
export const MAX_RATE = 768_000;

/**
 * Brings sound to another rate as torchaudio's `resample` does, with which the Python package reads files: by a sinc under a
 * Hann window, which keeps out what is above half of the lower rate. Takes blocks of any length, and its samples have the
 * same bits whatever the blocks are.
 */
export class Resampler {
  /** Each `input` samples become `output` samples. */
  readonly #input: number;
  readonly #output: number;
  /** A result depends on so many samples before it and after it. */
  readonly #reach: number;
  /** Result n lies at sample n * input / output, so there is a filter for each n % output: (output, taps). */
  readonly #filters: Float32Array;
  /** The samples that results to come depend on, the first of which is number `#first` of all. */
  #samples: Float32Array = new Float32Array(0);
  #first = 0;
  /** Results so far. */
  #count = 0;

  /**
   * @param from samples a second of what comes
   * @param to samples a second of the result
   * @throws RangeError for a rate that is no integer from 1000 to 768,000
   */
  constructor(from: number, to: number) {
    for (const [name, rate] of Object.entries({ from, to })) {
      if (!Number.isInteger(rate) || rate < MIN_RATE || rate > MAX_RATE) {
        throw new RangeError(
          `${name}: expected an integer from ${MIN_RATE} to ${MAX_RATE} samples a second, got ${rate}`,
        );
      }
    }
    const divisor = gcd(from, to);
    this.#input = from / divisor;
    this.#output = to / divisor;
    const cutoff = ROLLOFF * Math.min(1, to / from);
    this.#reach = from === to ? 0 : Math.ceil(ZEROS / cutoff);
    const taps = 2 * this.#reach + 1;
    this.#filters = from === to ? Float32Array.of(1) : new Float32Array(this.#output * taps);
    for (let i = 0; from !== to && i < this.#filters.length; i++) {
      const fraction = ((Math.floor(i / taps) * this.#input) % this.#output) / this.#output;
      const x = ((i % taps) - this.#reach - fraction) * cutoff;
      const window = Math.abs(x) < ZEROS ? Math.cos((Math.PI * x) / ZEROS / 2) ** 2 : 0;
      this.#filters[i] = cutoff * window * (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
    }
  }

  /** Takes the next samples; returns the results that depend on no later ones. */
  process(block: Float32Array): Float32Array {
    const samples = new Float32Array(this.#samples.length + block.length);
    samples.set(this.#samples);
    samples.set(block, this.#samples.length);
    this.#samples = samples;
    return this.#results(this.#first + samples.length - this.#reach);
  }

  /** The last results, with silence after the end. */
  end(): Float32Array {
    return this.#results(this.#first + this.#samples.length);
  }

  /** The results that lie before this sample. */
  #results(sample: number): Float32Array {
    const samples = this.#samples;
    const taps = 2 * this.#reach + 1;
    const count = Math.max(this.#count, Math.ceil((sample * this.#output) / this.#input));
    const results = new Float32Array(count - this.#count);
    const start = (n: number): number => Math.floor((n * this.#input) / this.#output) - this.#reach - this.#first;
    for (let i = 0, n = this.#count; n < count; i++, n++) {
      const from = start(n);
      const filter = (n % this.#output) * taps;
      let sum = 0;
      for (let tap = Math.max(0, -from); tap < Math.min(taps, samples.length - from); tap++) {
        sum += (this.#filters[filter + tap] as number) * (samples[from + tap] as number);
      }
      results[i] = sum;
    }
    this.#count = count;
    const past = Math.max(0, Math.min(samples.length, start(count)));
    this.#samples = samples.slice(past);
    this.#first += past;
    return results;
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
