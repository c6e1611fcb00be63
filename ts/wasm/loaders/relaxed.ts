import { LSTMError } from "../../checks/errors.js";
import { loadModule as loadInline } from "./inline.js";

/** The bytes of a module with one relaxed_madd. */
const RELAXED_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65,
  0, 253, 15, 253, 133, 2, 11,
];

/** The module with fused multiply-add, inside the JavaScript like the other; an engine without them refuses it whole. */
export function loadModule(): WebAssembly.Module {
  if (typeof WebAssembly === "object" && !WebAssembly.validate(Uint8Array.from(RELAXED_PROBE))) {
    throw new LSTMError(
      "WASM_UNAVAILABLE",
      "lstm-wasm/relaxed needs WebAssembly relaxed SIMD: Chrome or Edge 114, Firefox 145, Node 22, Deno or Bun; lstm-wasm itself runs without",
    );
  }
  return loadInline();
}
