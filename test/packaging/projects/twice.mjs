import { createRequire } from "node:module";
import * as copy from "copy-of-lstm-wasm";
import * as imported from "lstm-wasm";
import { all } from "./all.js";
import { checkCore } from "./check.js";

// Import and require may or may not give the same copy; the second folder is one more for certain.
const required = createRequire(import.meta.url)("lstm-wasm");
const bits = [imported, required, copy].map((library) => JSON.stringify(checkCore(library)));
if (new Set(bits).size > 1) throw new Error("the copies give different bits");
if (copy.LSTM === imported.LSTM) throw new Error("these are not two copies");

// Tensors are common property.
const options = { inputSize: 2, hiddenSize: 3, seed: 0 };
const [, state] = new copy.LSTM(options).forward([[1, 2]]);
new imported.LSTM(options).forward(new copy.Tensor([[1, 2]]), state);
console.log(JSON.stringify(all()));
