import { RATE } from "./strings.js";

/**
 * The amplifier that the model learns to be: a valve stage in plain arithmetic. It has what makes real ones hard to copy,
 * a curve that bends one way sooner than the other, and memory: filters, and a bias that sinks while it is driven hard.
 */
export function circuit(input: Float32Array): Float32Array {
  const [coupling, treble, sag, blocking] = [pole(90), pole(5000), pole(12), pole(25)];
  const output = new Float32Array(input.length);
  let [low, grid, smooth, level] = [0, 0, 0, 0];
  for (const [n, x] of input.entries()) {
    low += coupling * (x - low);
    const driven = 9 * (x - low); // without the lowest lows
    grid += sag * (Math.abs(Math.tanh(driven)) - grid);
    const bias = 0.3 - 0.5 * grid;
    const plate = driven + bias > 0 ? Math.tanh(driven + bias) : 0.8 * Math.tanh((driven + bias) / 0.8);
    smooth += treble * (plate - smooth);
    level += blocking * (smooth - level);
    output[n] = 0.5 * (smooth - level); // a capacitor keeps the bias from the loudspeaker
  }
  return output;
}

/** The coefficient of a one-pole low-pass with this corner, in Hz. */
const pole = (frequency: number): number => 1 - Math.exp((-2 * Math.PI * frequency) / RATE);
