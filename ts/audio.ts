/**
 * `lstm-wasm/audio`: models of amplifiers and effects, as RTNeural, AIDA-X, GuitarML and Neural Amp Modeler have them.
 *
 * @packageDocumentation
 */
export { load } from "./formats/audio/load.js";
export type { AudioLayer, AudioLSTM, AudioModel } from "./formats/audio/model.js";
