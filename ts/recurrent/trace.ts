import { mustBe } from "../checks/must-be.js";
import { checkObject } from "../checks/options.js";
import { Tensor } from "../tensor/tensor.js";
import type { Call } from "./call.js";
import { byState, type Cell } from "./cells.js";
import type { RnnHandle } from "./handle.js";
import type { LayerDirection } from "./results.js";

/** The names asked for. */
export function checkOnly({ traced }: Cell, options: unknown): readonly string[] {
  const names = Object.keys(traced);
  const { only = names } = checkObject("trace", options, ["only"]);
  if (Array.isArray(only) && only.every((name) => names.includes(name))) return only;
  throw mustBe("OPTION", "only", `an array of names out of ${names.join(", ")}`, only);
}

/** Something for each direction of each layer. */
function ofEach<T>(call: Call, read: (layer: number, direction: number) => T): (LayerDirection & T)[] {
  const { directions, states } = call.sizes;
  return Array.from({ length: states }, (_, index) => {
    const [layer, direction] = [Math.floor(index / directions), index % directions];
    return { layer, direction: direction === 0 ? "forward" : "reverse", ...read(layer, direction) } as const;
  });
}

/** Copies out the norms of the gradients of the last backward. */
export function readNorms(object: RnnHandle, call: Call) {
  return ofEach(call, (layer, direction) =>
    byState(object.sizes.cell.states, (state) => {
      const from = object.gradientNorms(layer, direction, state);
      return new Tensor(object.instance.floats.slice(from, from + call.rows), call.leading);
    }),
  );
}

/** Copies out what the last training forward kept. */
export function readTrace(object: RnnHandle, call: Call, only: readonly string[]) {
  const { hSize, hiddenSize } = call.sizes;
  return ofEach(call, (layer, direction) => {
    const tensors = only.map((name): [string, Tensor] => {
      const columns = name === "h" ? hSize : hiddenSize;
      const copy = (what: number) => {
        const from = object.trace(layer, direction, what);
        return object.instance.floats.slice(from, from + call.rows * columns);
      };
      const [first, second] = object.sizes.cell.traced[name] as [number, number?];
      const data = copy(first);
      if (second !== undefined) {
        const factors = copy(second);
        for (let index = 0; index < data.length; index++)
          data[index] = (data[index] as number) * (factors[index] as number);
      }
      return [name, new Tensor(data, [...call.leading, columns])];
    });
    return Object.fromEntries(tensors);
  });
}
