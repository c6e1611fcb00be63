/** The audio thread's side: an AudioWorklet that posts a probability every 32 ms. To be bundled into one file. */
import { Listener } from "./listener.js";
import { SileroVAD } from "./silero.js";

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
  /** What the work since the message before took. A worklet's clock has whole milliseconds: only the sum of many is right. */
  readonly milliseconds: number;
}

class VoiceProcessor extends AudioWorkletProcessor {
  readonly #listener: Listener;
  readonly #silence = new Float32Array(128);
  #probability: number | undefined;
  #milliseconds = 0;

  constructor({ processorOptions }: AudioWorkletNodeOptions) {
    super();
    const { model, rate } = processorOptions as ProcessorOptions;
    this.#listener = new Listener(new SileroVAD(model), rate, (probability) => {
      this.#probability = probability;
    });
  }

  process(inputs: Float32Array[][]): true {
    const started = Date.now();
    this.#listener.hear(inputs[0]?.[0] ?? this.#silence); // without a source there is no channel
    this.#milliseconds += Date.now() - started;
    if (this.#probability !== undefined) {
      this.port.postMessage({ probability: this.#probability, milliseconds: this.#milliseconds } satisfies Heard);
      this.#probability = undefined;
      this.#milliseconds = 0;
    }
    return true;
  }
}

registerProcessor("voice", VoiceProcessor);
