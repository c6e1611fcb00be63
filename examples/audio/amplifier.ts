import { LSTM, type LSTMStream, type Tensor } from "lstm-wasm";
import * as audio from "lstm-wasm/audio";
import { load } from "lstm-wasm/safetensors";
import { unchanged } from "../variant.js";

/** The parts of a model: an LSTM of one input, a Linear to one output, and whether the input is added to that. */
interface Parts {
  readonly lstm: LSTM;
  readonly head: Tensor;
  readonly bias: Tensor;
  readonly gain: number;
  readonly skip: boolean;
  readonly state?: { readonly h: Tensor; readonly c: Tensor } | undefined;
}

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

  readonly #skip: boolean;

  /**
   * @param model the bytes of `data/amplifier.safetensors`, or of a model with the same names; or the text of a file of
   *   RTNeural, AIDA-X, GuitarML or Neural Amp Modeler
   * @param variant what becomes of the LSTM
   */
  constructor(model: Uint8Array | string, variant = unchanged) {
    const { lstm, head, bias, gain, skip, state } = typeof model === "string" ? fromText(model) : fromBytes(model);
    this.#lstm = variant(lstm);
    this.#stream = this.#lstm.stream();
    if (state !== undefined) this.#stream.state = state;
    this.#head = head.data.map((weight) => gain * weight);
    this.#bias = bias.data.map((value) => gain * value);
    this.#skip = skip;
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
    const skip = this.#skip;
    const x = stream.input; // a view of WebAssembly's memory: good for this block, in which no memory grows
    for (let n = 0; n < input.length; n++) {
      const sample = input[n] as number;
      x[0] = sample;
      const h = stream.step();
      let sum = bias[0] as number;
      for (let unit = 0; unit < head.length; unit++) sum += (head[unit] as number) * (h[unit] as number);
      output[n] = (skip ? sample : (1 - wet) * sample) + wet * sum;
    }
  }

  dispose(): void {
    this.#stream.dispose();
    this.#lstm.dispose();
  }
}

function fromBytes(model: Uint8Array): Parts {
  const weights = load(model);
  const [head, bias] = [weights["head.weight"], weights["head.bias"]];
  const lstm = LSTM.fromStateDict(weights, { prefix: "lstm." });
  if (lstm.inputSize !== 1 || head?.size !== lstm.hiddenSize || bias?.size !== 1) {
    throw new Error("the model must be an LSTM of one input under lstm. and a Linear to one output under head.");
  }
  return { lstm, head, bias, gain: 1, skip: true };
}

function fromText(text: string): Parts {
  const { layers, inputSize, outputSize, gain, skip } = audio.load(text);
  const [first, second] = layers;
  if (layers.length !== 2 || first?.kind !== "LSTM" || second?.kind !== "Linear" || inputSize * outputSize !== 1) {
    const kinds = layers.map(({ kind }) => kind).join(", ");
    throw new Error(`the model must be an LSTM of one input and a Linear to one output, got ${kinds}`);
  }
  const { weight: head, bias } = second.stateDict as { weight: Tensor; bias: Tensor };
  return { lstm: LSTM.fromStateDict(first.stateDict), head, bias, gain, skip, state: first.state };
}
