/** The audio thread's side: an AudioWorklet that posts a probability every 32 ms. To be bundled into one file. */
import { Listener } from "./listener.js";
import { CHUNK, SAMPLE_RATE, SileroVAD } from "./silero.js";

/** What the node is to be made with, as `processorOptions`. */
export interface ProcessorOptions {
  /** The bytes of the model: nothing can be fetched in a worklet. */
  readonly model: ArrayBuffer;
  /** `context.sampleRate`; the model hears 16,000, and any other rate is resampled. */
  readonly rate: number;
}

/** What the worklet posts. */
export interface Heard {
  readonly probability: number;
  /** What the work for 32 ms of sound takes this thread. */
  readonly milliseconds: number;
}

class VoiceProcessor extends AudioWorkletProcessor {
  readonly #listener: Listener;
  readonly #silence = new Float32Array(128);
  readonly #milliseconds: number;
  #probability: number | undefined;

  constructor({ processorOptions }: AudioWorkletNodeOptions) {
    super();
    const { model, rate } = processorOptions as ProcessorOptions;
    const vad = new SileroVAD(model);
    this.#milliseconds = measure(vad, rate);
    this.#listener = new Listener(vad, rate, (probability) => {
      this.#probability = probability;
    });
  }

  process(inputs: Float32Array[][]): true {
    this.#listener.hear(inputs[0]?.[0] ?? this.#silence); // without a source there is no channel
    if (this.#probability !== undefined) {
      this.port.postMessage({ probability: this.#probability, milliseconds: this.#milliseconds } satisfies Heard);
      this.#probability = undefined;
    }
    return true;
  }
}

/**
 * Milliseconds that a chunk takes. This thread's only clock has whole milliseconds, and blocks come in step with it: what single
 * chunks take would be rounded the same way each time. So a second of silence is timed, when the engine has compiled the loops.
 */
function measure(vad: SileroVAD, rate: number): number {
  const listener = new Listener(vad, rate, () => {});
  const second = new Float32Array(rate);
  listener.hear(second);
  const started = Date.now();
  listener.hear(second);
  const milliseconds = Math.max(0, Date.now() - started); // somebody may set the clock back
  vad.reset();
  return (milliseconds * CHUNK) / SAMPLE_RATE;
}

registerProcessor("voice", VoiceProcessor);
