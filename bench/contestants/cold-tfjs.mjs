/** What `bench/cold.ts` starts: TensorFlow.js with its wasm backend alone, and the first output of a layer of zeros. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import wasm from "@tensorflow/tfjs-backend-wasm";
import tf from "@tensorflow/tfjs-core";
import api from "@tensorflow/tfjs-layers";

wasm.setWasmPaths(join(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")), "/"));
wasm.setThreadsCount(1);
await tf.setBackend("wasm");
// Weights that cost nothing to draw, as everyone's here.
const zeros = { kernelInitializer: "zeros", recurrentInitializer: "zeros", recurrentActivation: "sigmoid" };
const lstm = api.layers.lstm({ units: 64, inputShape: [100, 16], returnSequences: true, ...zeros });
const model = api.sequential({ layers: [lstm] });
const output = model.predict(tf.fill([1, 100, 16], 0.1)).dataSync();
if (output.length !== 6400 || !(Math.abs(output[6399]) < 1)) throw new Error("no output");
