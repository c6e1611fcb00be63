import { LSTM, type Parameter, type Tensor } from "lstm-wasm";
import { Linear } from "lstm-wasm/nn";
import { save } from "lstm-wasm/safetensors";
import { Adam, clipGradNorm, mseLoss } from "lstm-wasm/train";
import { circuit } from "./circuit.js";
import { improvise, RATE } from "./strings.js";

const BATCH = 8;
const SECONDS = 4;
/** Samples that a gradient goes back through. */
const CHUNK = 240;
const RATES = { first: 1e-2, last: 1e-4 };

/** Training by truncated backpropagation through time: the state goes on from chunk to chunk, the gradient does not. */
export class Training {
  readonly #lstm: LSTM;
  readonly #head: Linear;
  readonly #optimiser: Adam;
  readonly #steps: number;
  readonly #seed: number;
  #step = 0;
  /** The round's sound, samples first: (SECONDS * RATE, BATCH). */
  #input = new Float32Array(0);
  #target = new Float32Array(0);
  #at = 0;
  #state: [Tensor, Tensor] | undefined;

  constructor(steps: number, seed: number) {
    this.#lstm = new LSTM({ inputSize: 1, hiddenSize: 40, seed }).train();
    this.#head = new Linear({ inFeatures: 40, outFeatures: 1, seed: seed + 1 }).train();
    this.#optimiser = new Adam(this.#parameters(), { lr: RATES.first });
    this.#steps = steps;
    this.#seed = seed;
  }

  /** Trains on the next chunk of every sequence; returns the energies of the error and of the signal there. */
  step(): { error: number; signal: number } {
    if (this.#at + CHUNK * BATCH > this.#input.length) this.#newSound();
    const range = [this.#at, this.#at + CHUNK * BATCH] as const;
    const [input, target] = [this.#input.subarray(...range), this.#target.subarray(...range)];
    this.#at = range[1];

    this.#optimiser.lr = RATES.first * (RATES.last / RATES.first) ** (this.#step++ / this.#steps);
    this.#optimiser.zeroGrad();
    const [h, state] = this.#lstm.forward({ data: input, shape: [CHUNK, BATCH, 1] }, this.#state);
    this.#state = state;
    const output = this.#head.forward(h);
    for (const [i, sample] of input.entries()) (output.data[i] as number) += sample;
    const { loss, gradient } = mseLoss(output, { data: target, shape: output.shape });
    this.#lstm.backward(this.#head.backward(gradient));
    clipGradNorm(this.#parameters(), 1);
    this.#optimiser.step();
    return { error: loss * target.length, signal: energy(target) };
  }

  /** The bytes of a safetensors file for `Amplifier`, with PyTorch's names. */
  toBytes(): Uint8Array {
    const [lstm, head] = [this.#lstm.stateDict({ prefix: "lstm." }), this.#head.stateDict({ prefix: "head." })];
    return save({ ...lstm, ...head }, { format: "pt" });
  }

  dispose(): void {
    this.#lstm.dispose();
    this.#head.dispose();
  }

  #parameters(): Parameter[] {
    return [...this.#lstm.parameters(), ...this.#head.parameters()];
  }

  #newSound(): void {
    const length = SECONDS * RATE;
    this.#input = new Float32Array(length * BATCH);
    this.#target = new Float32Array(length * BATCH);
    for (let b = 0; b < BATCH; b++) {
      const sound = improvise(SECONDS, this.#seed + this.#step * BATCH + b);
      const wanted = circuit(sound);
      for (let n = 0; n < length; n++) {
        this.#input[n * BATCH + b] = sound[n] as number;
        this.#target[n * BATCH + b] = wanted[n] as number;
      }
    }
    this.#at = 0;
    this.#state = undefined;
  }
}

/** Error to signal, the measure of the field: the energy of what is wrong over the energy of what was wanted. */
export function errorToSignal(output: Float32Array, target: Float32Array): number {
  return energy(output.map((y, n) => y - (target[n] as number))) / energy(target);
}

const energy = (signal: Float32Array): number => signal.reduce((sum, value) => sum + value * value, 0);
