import type { Contestant } from "../contestant.js";
import { brain } from "./brain.js";
import { jax } from "./jax.js";
import { onnxruntimeNode } from "./onnxruntime-node.js";
import { onnxruntimeWeb } from "./onnxruntime-web.js";
import { tfjs } from "./tfjs.js";
import { torch } from "./torch.js";

/** Everyone else; PyTorch where `python` is one that has it. */
export async function all(python?: string): Promise<readonly Contestant[]> {
  const others = [onnxruntimeWeb, onnxruntimeNode, ...tfjs, brain, jax];
  return python === undefined ? others : [...others, await torch(python)];
}
