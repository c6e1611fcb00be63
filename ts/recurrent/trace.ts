import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkObject } from "../checks/options.js";
import { Tensor } from "../tensor/tensor.js";
import type { Call } from "./call.js";
import type { RnnHandle } from "./handle.js";
import type { GradientNorms, LayerTrace, Traced } from "./results.js";

/** What a trace can hold of each direction of each layer; the place of each is its number in `Kernels.trace`. */
const NAMES: readonly Traced[] = ["i", "f", "g", "o", "c", "h"];

/** The names asked for. */
export function checkOnly(options: unknown): readonly Traced[] {
  const { only = NAMES } = checkObject("trace", options, ["only"]);
  if (Array.isArray(only) && only.every((name) => NAMES.includes(name))) return only;
  throw new LSTMError("OPTION", `only must be an array of names out of ${NAMES.join(", ")}, got ${describe(only)}`);
}

/** Something for each direction of each layer. */
function ofEach<T>(call: Call, read: (layer: number, direction: number) => T) {
  const { directions, states } = call.sizes;
  return Array.from({ length: states }, (_, index) => {
    const [layer, direction] = [Math.floor(index / directions), index % directions];
    return { layer, direction: direction === 0 ? "forward" : "reverse", ...read(layer, direction) } as const;
  });
}

/** Copies out the norms of the gradients of the last backward. */
export function readNorms(object: RnnHandle, call: Call): GradientNorms[] {
  return ofEach(call, (layer, direction) => {
    const read = (ofC: boolean) => {
      const from = object.gradientNorms(layer, direction, ofC);
      return new Tensor(object.instance.floats.slice(from, from + call.rows), call.leading);
    };
    return { h: read(false), c: read(true) };
  });
}

/** Copies out what the last training forward kept. */
export function readTrace(object: RnnHandle, call: Call, only: readonly Traced[]): LayerTrace[] {
  const { hSize, hiddenSize } = call.sizes;
  return ofEach(call, (layer, direction) => {
    const tensors = only.map((name) => {
      const columns = name === "h" ? hSize : hiddenSize;
      const from = object.trace(layer, direction, NAMES.indexOf(name));
      const data = object.instance.floats.slice(from, from + call.rows * columns);
      return [name, new Tensor(data, [...call.leading, columns])];
    });
    return Object.fromEntries(tensors) as Record<Traced, Tensor>;
  });
}
