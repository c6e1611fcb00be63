import type { LSTM, LSTMStream, Tensor } from "lstm-wasm";
import { load } from "lstm-wasm/onnx";
import { unchanged } from "../variant.js";
import { Convolution } from "./convolution.js";

/** The samples a second that the model hears. */
export const SAMPLE_RATE = 16_000;
/** The samples of one step: 32 ms. */
export const CHUNK = 512;

/** Samples of the chunk before, which a step hears again. */
const CONTEXT = 64;
/** Samples that are mirrored at the end, so that the last window of the STFT is full. */
const MIRRORED = 64;
/** Frequencies: 0 to 8 kHz, 62.5 Hz apart. */
const BINS = 129;

const FILE = "silero_vad_16k_sequence.onnx";

/**
 * silero-vad: how probable it is that somebody speaks, every 32 ms. Convolutions in plain TypeScript tell what a chunk
 * sounds like, and an LSTM of lstm-wasm, run as a stream, remembers the chunks before.
 *
 * Takes bytes and needs nothing but lstm-wasm, so it runs in Node, in a worker and in an AudioWorklet alike.
 *
 * ```ts
 * const vad = new SileroVAD(await (await fetch("silero_vad_16k_sequence.onnx")).arrayBuffer());
 * vad.step(chunk); // 0.98
 * ```
 */
export class SileroVAD {
  readonly #stft: Convolution;
  readonly #encoder: readonly Convolution[];
  readonly #lstm: LSTM;
  readonly #stream: LSTMStream;
  readonly #head: Float32Array;
  readonly #headBias: Float32Array;
  /** Of four windows the real parts and then the imaginary parts: (4, channels of the STFT). */
  readonly #spectrum: Float32Array;

  /**
   * @param model the bytes of `data/silero_vad_16k_sequence.onnx`, which the PyPI package silero-vad 6.2.3 publishes
   * @param variant what becomes of the LSTM
   * @throws LSTMError for what is no ONNX model, Error for one of other tensors
   */
  constructor(model: ArrayBuffer | Uint8Array, variant = unchanged) {
    const { layers, tensors } = load(model);
    const tensor = (name: string, shape: readonly number[]): Tensor => {
      const found = tensors[name];
      const got = found === undefined ? "none" : `[${found.shape.join(", ")}]`;
      if (got !== `[${shape.join(", ")}]`) throw unlike(`${name} must be [${shape.join(", ")}], got ${got}`);
      return found as Tensor;
    };
    const encoder = (layer: number, shape: readonly [out: number, channels: number], time: number, stride: number) =>
      new Convolution(tensor(`encoder.${layer}.weight`, [...shape, 3]), tensor(`encoder.${layer}.bias`, [shape[0]]), {
        time,
        stride,
        padding: 1,
        relu: true,
      });
    this.#stft = new Convolution(tensor("stft.forward_basis_buffer", [2 * BINS, 1, 256]), undefined, {
      time: CONTEXT + CHUNK + MIRRORED,
      stride: 128,
      padding: 0,
      relu: false,
    });
    this.#spectrum = new Float32Array(4 * this.#stft.channels);
    this.#encoder = [
      encoder(0, [128, BINS], 4, 1),
      encoder(1, [64, 128], 4, 2),
      encoder(2, [64, 64], 2, 2),
      encoder(3, [128, 64], 1, 1),
    ];
    this.#head = tensor("output.weight", [1, 128, 1]).data;
    this.#headBias = tensor("output.bias", [1]).data; // as a number V8 would box it anew at each reading
    const [layer] = layers;
    const { inputSize, hiddenSize, numLayers, bidirectional } = layer?.options ?? {};
    const sizes = [layers.length, layer?.kind, inputSize, hiddenSize, numLayers ?? 1, bidirectional ?? false];
    if (layer?.kind !== "LSTM" || sizes.join() !== "1,LSTM,128,128,1,false")
      throw unlike("it must have one LSTM(128, 128)");
    this.#lstm = variant(layer.create());
    this.#stream = this.#lstm.stream();
  }

  /**
   * Hears the next 32 ms. Makes no arrays and no objects.
   *
   * @param chunk 512 samples from -1 to 1, 16,000 a second
   * @returns how probable it is that somebody speaks in them, 0 to 1
   * @throws RangeError for another number of samples, and for one that is NaN or infinite
   */
  step(chunk: Float32Array): number {
    if (chunk.length !== CHUNK) throw new RangeError(`chunk: expected ${CHUNK} samples, got ${chunk.length}`);
    for (let n = 0; n < CHUNK; n++) {
      // One would stay in the LSTM's state, and every probability after it would be NaN.
      if (!Number.isFinite(chunk[n])) throw new RangeError(`chunk: sample ${n} is ${chunk[n]}`);
    }
    const audio = this.#stft.input;
    audio.copyWithin(0, CHUNK, CONTEXT + CHUNK);
    audio.set(chunk, CONTEXT);
    const last = CONTEXT + CHUNK - 1;
    for (let n = 1; n <= MIRRORED; n++) audio[last + n] = audio[last - n] as number;

    this.#stft.forward(this.#spectrum);
    const encoder = this.#encoder;
    magnitudes(this.#spectrum, this.#stft.channels, (encoder[0] as Convolution).input);
    const features = this.#stream.input;
    for (let i = 0; i < encoder.length; i++) {
      (encoder[i] as Convolution).forward(encoder[i + 1]?.input ?? features);
    }
    const h = this.#stream.step();

    let sum = this.#headBias[0] as number;
    for (let unit = 0; unit < h.length; unit++) sum += (this.#head[unit] as number) * Math.max(0, h[unit] as number);
    return 1 / (1 + Math.exp(-sum));
  }

  /** Forgets what it heard: the next chunk is the first. */
  reset(): void {
    this.#stft.input.fill(0);
    this.#stream.reset();
  }

  /** Frees the model's memory. */
  dispose(): void {
    this.#stream.dispose();
    this.#lstm.dispose();
  }
}

/** How loud each frequency is: from `width` values a window, real parts before imaginary parts, to (windows, BINS). */
function magnitudes(spectrum: Float32Array, width: number, output: Float32Array): void {
  for (let to = 0, from = 0; to < output.length; from += width) {
    for (let bin = 0; bin < BINS; bin++) {
      const real = spectrum[from + bin] as number;
      const imaginary = spectrum[from + BINS + bin] as number;
      output[to++] = Math.sqrt(real * real + imaginary * imaginary);
    }
  }
}

const unlike = (what: string): Error => new Error(`the model is not ${FILE}: ${what}`);
