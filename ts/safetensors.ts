/**
 * `lstm-wasm/safetensors`: reads and writes [safetensors](https://github.com/huggingface/safetensors) bytes.
 *
 * @packageDocumentation
 */
export { type LoadOptions, load, loadMetadata, type SaveOptions, save } from "./formats/safetensors.js";
