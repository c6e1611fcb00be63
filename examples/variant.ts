import type { quantize } from "lstm-wasm/nn";

/** An LSTM, GRU or RNN, or a cell of one. */
export type Recurrent = Parameters<typeof quantize>[0];

/**
 * Makes another layer of a model's recurrent one before it runs, and disposes of the first:
 * `(layer) => quantize(layer, { weights: "int8" })`, say.
 */
export type Variant = <M extends Recurrent>(layer: M) => M;

/** The layer as the model has it. */
export const unchanged: Variant = (layer) => layer;
