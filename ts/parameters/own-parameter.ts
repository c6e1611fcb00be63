import { asTensor, type TensorInput } from "../tensor/tensor.js";
import { LayerHandle } from "../wasm/layer-handle.js";
import { Parameter } from "./parameter.js";

/**
 * A parameter of a module of one's own, `torch.nn.Parameter`. Kept in a property of the module, it has the property's name,
 * and optimisers, state dicts, checkpoints and clipping find it.
 *
 * A class of its own, so that a bundle without such modules has nothing of what makes them.
 */
export class OwnParameter extends Parameter {
  static override readonly name = "Parameter";

  /**
   * Its gradient is there from the start, zeros.
   *
   * @param values are copied
   * @throws LSTMError `DTYPE`, `SHAPE_MISMATCH`, `OUT_OF_MEMORY`
   */
  constructor(values: TensorInput) {
    const { data, shape } = asTensor("values", values);
    const object = new LayerHandle("Parameter", (kernels) => kernels.parameterNew(data.length), [["", shape]]);
    object.write(0, data);
    super(object, 0);
  }

  /** Every module's parameters are Parameters, not only those made by `new Parameter`. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Parameter;
  }
}
