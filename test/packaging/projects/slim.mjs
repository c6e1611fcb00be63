import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as slim from "lstm-wasm/slim";
import { checkCore } from "./check.js";

// A failed load first: garbage, then nothing at all, must not stand in the way of the right bytes.
const codes = [];
await slim.init(Uint8Array.of(1, 2, 3)).catch(({ code }) => codes.push(code));
try {
  new slim.LSTM({ inputSize: 1, hiddenSize: 1 });
} catch ({ code }) {
  codes.push(code);
}
if (codes.join() !== "WASM_UNAVAILABLE,WASM_UNAVAILABLE") throw new Error(`the failed load gave ${codes}`);

await slim.init(readFileSync(createRequire(import.meta.url).resolve("lstm-wasm/lstm.wasm")));
console.log(JSON.stringify({ core: checkCore(slim) }));
