import { LSTM, type LSTMStream } from "lstm-wasm";
import { load } from "lstm-wasm/safetensors";

/**
 * The usual model of a guitar amplifier, sample by sample:
 *
 *     h(n) = LSTM(1, 40)(x(n)),    y(n) = x(n) + head · h(n) + bias
 *
 * Takes bytes and needs nothing but lstm-wasm, so it runs in an AudioWorklet as it does in Node.
 */
export class Amplifier {
  readonly #lstm: LSTM;
  readonly #stream: LSTMStream;
  readonly #head: Float32Array;
  readonly #bias: Float32Array; // as a number V8 would box it anew at each reading

  /** @param model the bytes of `data/amplifier.safetensors`, or of a model with the same names */
  constructor(model: Uint8Array) {
    const weights = load(model);
    const [head, bias] = [weights["head.weight"], weights["head.bias"]];
    this.#lstm = LSTM.fromStateDict(weights, { prefix: "lstm." });
    const { inputSize, hiddenSize } = this.#lstm;
    if (inputSize !== 1 || head?.size !== hiddenSize || bias?.size !== 1) {
      throw new Error("the model must be an LSTM of one input under lstm. and a Linear to one output under head.");
    }
    this.#stream = this.#lstm.stream();
    this.#head = head.data;
    this.#bias = bias.data;
  }

  /**
   * Amplifies a block; its state goes on to the next. Allocates nothing.
   *
   * @param wet how much of the amplifier is heard: 1 all of it, 0 the input as it came
   */
  process(input: Float32Array, output: Float32Array, wet = 1): void {
    const stream = this.#stream;
    const head = this.#head;
    const bias = this.#bias;
    const x = stream.input; // a view of WebAssembly's memory: good for this block, in which no memory grows
    for (let n = 0; n < input.length; n++) {
      const sample = input[n] as number;
      x[0] = sample;
      const h = stream.step();
      let sum = bias[0] as number;
      for (let unit = 0; unit < head.length; unit++) sum += (head[unit] as number) * (h[unit] as number);
      output[n] = sample + wet * sum;
    }
  }

  dispose(): void {
    this.#stream.dispose();
    this.#lstm.dispose();
  }
}
