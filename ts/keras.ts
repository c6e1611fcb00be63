/**
 * `lstm-wasm/keras`: the recurrent layers of Keras and TensorFlow.js models, and whole models that run.
 *
 * @packageDocumentation
 */
export type { CreateOptions, KerasAttributes, KerasLayer } from "./formats/keras/layer.js";
export { type LoadKerasOptions, load, type TensorFlowJs } from "./formats/keras/load.js";
export { KerasModel } from "./formats/keras/model.js";
export type { KerasFile } from "./formats/keras/result.js";
