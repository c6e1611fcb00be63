/** What `bench/cold.ts` starts: a ready .onnx file, given by its path, and onnxruntime-web's first output. */
import { readFileSync } from "node:fs";
import * as runtime from "onnxruntime-web";

runtime.env.wasm.numThreads = 1;
const session = await runtime.InferenceSession.create(readFileSync(process.argv[2]), { executionProviders: ["wasm"] });
const { output } = await session.run({
  X: new runtime.Tensor("float32", new Float32Array(1600).fill(0.1), [100, 1, 16]),
});
if (output.data.length !== 6400 || !(Math.abs(output.data[6399]) < 1)) throw new Error("no output");
