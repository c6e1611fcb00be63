import type { Tensor } from "lstm-wasm";

export interface ConvolutionOptions {
  /** The time steps of the input. */
  readonly time: number;
  /** The time steps from one output to the next. */
  readonly stride: number;
  /** Time steps of zeros before and after the input. */
  readonly padding: number;
  /** Whether outputs below 0 become 0. */
  readonly relu: boolean;
}

/**
 * PyTorch's `nn.Conv1d` for one sequence, in plain TypeScript. What it reads and writes lies time by time: (time, channels).
 * So the values under the kernel are one run of memory, and each output is a dot product of that run with one row of weights.
 */
export class Convolution {
  /** (time, in): to write into, by what comes before. */
  readonly input: Float32Array;
  /** Channels of the output: those of the weight, and channels of zeros up to a multiple of four. */
  readonly channels: number;
  /** The input with its padding. */
  readonly #padded: Float32Array;
  /** (channels, kernel, in), the order of the input. A tensor has (out, in, kernel). */
  readonly #weight: Float32Array;
  readonly #bias: Float32Array;
  /** Values under the kernel. */
  readonly #window: number;
  /** Values from one window to the next. */
  readonly #hop: number;
  /** The least output: 0 or -Infinity. */
  readonly #least: number;

  /**
   * @param weight (out, in, kernel)
   * @param bias (out); zeros if it is undefined
   */
  constructor(weight: Tensor, bias: Tensor | undefined, { time, stride, padding, relu }: ConvolutionOptions) {
    const [out, inputs, kernel] = weight.shape as [number, number, number];
    this.channels = 4 * Math.ceil(out / 4);
    this.#padded = new Float32Array((padding + time + padding) * inputs);
    this.input = this.#padded.subarray(padding * inputs, (padding + time) * inputs);
    this.#bias = new Float32Array(this.channels);
    if (bias !== undefined) this.#bias.set(bias.data);
    this.#window = kernel * inputs;
    this.#hop = stride * inputs;
    this.#least = relu ? 0 : -Infinity;
    this.#weight = new Float32Array(this.channels * this.#window);
    const { data } = weight;
    for (let row = 0, to = 0; row < out; row++) {
      for (let k = 0; k < kernel; k++) {
        for (let i = 0; i < inputs; i++) this.#weight[to++] = data[(row * inputs + i) * kernel + k] as number;
      }
    }
  }

  /** Fills `output`, (time, channels), from `input`. Makes no arrays. */
  forward(output: Float32Array): void {
    const x = this.#padded;
    const weight = this.#weight;
    const bias = this.#bias;
    const window = this.#window;
    const least = this.#least;
    for (let to = 0, start = 0; to < output.length; start += this.#hop) {
      // Four rows side by side: a sum waits for the addition before it, and four sums wait at the same time.
      for (let row = 0; row < bias.length; row += 4, to += 4) {
        let a = bias[row] as number;
        let b = bias[row + 1] as number;
        let c = bias[row + 2] as number;
        let d = bias[row + 3] as number;
        for (let i = 0, w = row * window; i < window; i++, w++) {
          const value = x[start + i] as number;
          a += (weight[w] as number) * value;
          b += (weight[w + window] as number) * value;
          c += (weight[w + 2 * window] as number) * value;
          d += (weight[w + 3 * window] as number) * value;
        }
        output[to] = Math.max(least, a);
        output[to + 1] = Math.max(least, b);
        output[to + 2] = Math.max(least, c);
        output[to + 3] = Math.max(least, d);
      }
    }
  }
}
