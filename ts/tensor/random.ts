/**
 * PyTorch's CPU random numbers: its Mersenne twister, and what `torch.randn` and `nn.Linear` make of the draws. The weights of LSTM,
 * GRU and RNN are drawn in WebAssembly (crates/lstm-core/src/random.rs).
 *
 * A seed that gives the same weights in both places lets a PyTorch tutorial be followed without a weight file.
 */
import { checkCount } from "../checks/options.js";

const N = 624;
const M = 397;

/** MT19937 as `torch.manual_seed` sets it up (init_genrand with the seed's low 32 bits). */
export class Mt19937 {
  readonly #state = new Uint32Array(N);
  #index = N;

  /** @throws LSTMError `OPTION` unless the seed is an integer in [0, 2^53 - 1] */
  constructor(seed: number) {
    checkCount("seed", seed);
    const state = this.#state;
    let previous = (seed % 2 ** 32) >>> 0;
    state[0] = previous;
    for (let i = 1; i < N; i++) {
      previous = (Math.imul(1812433253, previous ^ (previous >>> 30)) + i) >>> 0;
      state[i] = previous;
    }
  }

  /** The next draw: an integer in [0, 2^32). */
  next(): number {
    if (this.#index === N) this.#refill();
    let y = this.#state[this.#index++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % N] as number) & 0x7fffffff);
      state[i] = (state[(i + M) % N] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }
}

/** A float32 in [0, 1), from the low 24 bits of one draw. */
export function uniform24(mt: Mt19937): number {
  return (mt.next() & 0xffffff) / 2 ** 24;
}

/** A float64 in [0, 1), from the low 53 bits of two draws, the high half drawn first. */
function uniform53(mt: Mt19937): number {
  const high = mt.next() & 0x1fffff;
  return (high * 2 ** 32 + mt.next()) / 2 ** 53;
}

/**
 * `nn.init.uniform_(target, -bound, bound)`, to the bit.
 *
 * PyTorch computes `u * range + low` in float32 with one rounding. `u` has 24 bits and so has the rounded range, so in
 * float64 product and sum are exact and the store rounds once.
 */
export function fillUniform(mt: Mt19937, target: Float32Array, bound: number): void {
  const high = Math.fround(bound);
  for (let i = 0; i < target.length; i++) target[i] = uniform24(mt) * (2 * high) - high;
}

/**
 * `torch.randn` into `target`: the same draws in the same order, equal to rounding. The last bits are those of this
 * engine's log, sin and cos.
 */
export function fillNormal(mt: Mt19937, target: Float32Array): void {
  const size = target.length;
  if (size < 16) {
    // One by one: each pair of float64 uniforms gives two values.
    for (let i = 0; i < size; i += 2) {
      const theta = 2 * Math.PI * uniform53(mt);
      const radius = Math.sqrt(-2 * Math.log1p(-uniform53(mt)));
      target[i] = radius * Math.cos(theta);
      if (i + 1 < size) target[i + 1] = radius * Math.sin(theta);
    }
    return;
  }
  for (let i = 0; i < size; i++) target[i] = uniform24(mt);
  for (let i = 0; i + 16 <= size; i += 16) boxMuller16(target, i);
  if (size % 16 !== 0) {
    // The tail shares a block with values that are already normal, so the last 16 are drawn afresh.
    for (let i = size - 16; i < size; i++) target[i] = uniform24(mt);
    boxMuller16(target, size - 16);
  }
}

/** 16 uniforms to 16 normals in place; value j is paired with j + 8. */
function boxMuller16(values: Float32Array, start: number): void {
  for (let j = start; j < start + 8; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - (values[j] as number)));
    // The angle rounded to float32, as PyTorch's: with a radius of 5 its rounding is larger than all others together.
    const theta = Math.fround(Math.fround(2 * Math.PI) * (values[j + 8] as number));
    values[j] = radius * Math.cos(theta);
    values[j + 8] = radius * Math.sin(theta);
  }
}

/** A fresh uint32 seed. Called when a seed is needed, never at import: edge runtimes forbid entropy there. */
export function randomSeed(): number {
  const { crypto } = globalThis;
  // AudioWorklets and bare contexts have no crypto; initial weights and dropout masks need no secrecy.
  return crypto ? (crypto.getRandomValues(new Uint32Array(1))[0] as number) : Math.floor(Math.random() * 2 ** 32);
}
