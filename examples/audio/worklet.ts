/** The audio thread's side: runs in an AudioWorklet, bundled with lstm-wasm into one file. */
import { Amplifier } from "./amplifier.js";
import type { ProcessorOptions } from "./node.js";

class AmplifierProcessor extends AudioWorkletProcessor {
  readonly #amplifier: Amplifier;
  readonly #meter: Int32Array | undefined;
  readonly #silence = new Float32Array(128);

  static get parameterDescriptors() {
    return [{ name: "wet", defaultValue: 1, minValue: 0, maxValue: 1, automationRate: "k-rate" }];
  }

  constructor({ processorOptions }: AudioWorkletNodeOptions) {
    super();
    const { model, meter } = processorOptions as ProcessorOptions;
    this.#amplifier = new Amplifier(model);
    this.#meter = meter && new Int32Array(meter);
  }

  /** One block. Makes no garbage; only the meter's clock does, two numbers a block. */
  process(inputs: Float32Array[][], outputs: Float32Array[][], parameters: { wet: Float32Array }): true {
    const meter = this.#meter;
    const started = meter === undefined ? 0 : Date.now();
    // Without a source there is no channel, but the state must go on.
    const input = inputs[0]?.[0] ?? this.#silence;
    this.#amplifier.process(input, outputs[0]?.[0] as Float32Array, parameters.wet[0]);
    if (meter !== undefined) {
      (meter[0] as number) += Date.now() - started;
      (meter[1] as number) += 1;
    }
    return true;
  }
}

registerProcessor("amplifier", AmplifierProcessor);
