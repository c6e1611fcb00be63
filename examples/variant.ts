import type { Module } from "lstm-wasm/nn";

/**
 * Makes another layer of a model's recurrent one before it runs, and disposes of the first:
 * `(layer) => quantize(layer, { weights: "int8" })`, say.
 */
export type Variant = <M extends Module>(layer: M) => M;

/** The layer as the model has it. */
export const unchanged: Variant = (layer) => layer;
