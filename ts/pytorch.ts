/**
 * `lstm-wasm/pytorch`: reads what [torch.save](https://docs.pytorch.org/docs/stable/generated/torch.save.html) writes.
 *
 * @packageDocumentation
 */
export { type LoadOptions, load, type PyTorchFile, read } from "./formats/pytorch.js";
