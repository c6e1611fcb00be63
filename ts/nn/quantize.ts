import { mustBe } from "../checks/must-be.js";
import { type CheckedOptions, checkObject, DEFAULTS } from "../checks/options.js";
import type { Parameter } from "../parameters/parameter.js";
import { LOADED, loaded } from "../parameters/state-dict.js";
import type { RnnHandle } from "../recurrent/handle.js";
import { Recurrent } from "../recurrent/recurrent.js";
import type { Weights } from "../tensor/quantization.js";

/** What weights become. */
export interface QuantizeOptions {
  /** int8: a quarter of float32's bytes. int16: half of them, and 10 to 60 times as exact. */
  weights: "int8" | "int16";
}

/**
 * The same module with integer weights, for inference: smaller, faster, and not quite as exact. The one given stays as it is.
 *
 * Each row of a weight is rounded by a scale of its own, its largest magnitude over the largest integer. Each row that a weight
 * multiplies, x(t) or h(t-1), is rounded to 16 bits likewise at each step. Sums of products are exact in int32; biases, activations
 * and states are float32. So results have the same bits everywhere: streamed, in a batch, packed, on every engine.
 *
 * A row with a NaN or an infinity makes all of its results NaN.
 *
 * @param module an LSTM, GRU or RNN, or a cell of one
 * @throws LSTMError `OPTION`, `OUT_OF_MEMORY`, `DISPOSED`
 */
export function quantize<M extends Recurrent>(module: M, options: QuantizeOptions): M {
  const { weights } = checkObject("quantize", options, ["weights"]);
  if (weights !== "int8" && weights !== "int16") throw mustBe("OPTION", "weights", '"int8" or "int16"', weights);
  return copy(module, weights);
}

/**
 * The same module with float32 weights, the values that its integers stand for: to be trained, or looked at. The one given stays
 * as it is.
 *
 * @throws LSTMError `OPTION`, `OUT_OF_MEMORY`, `DISPOSED`
 */
export function dequantize<M extends Recurrent>(module: M): M {
  return copy(module, "float32");
}

/** A module of the same options with the same parameters. */
function copy<M extends Recurrent>(module: M, weights: Weights): M {
  if (!(module instanceof Recurrent)) throw mustBe("OPTION", "module", "an LSTM, GRU or RNN, or a cell of one", module);
  const Class = module.constructor as new (options: object) => M;
  const [first] = module.parameters() as [Parameter];
  const { options } = first.object as RnnHandle;
  // Those of other cells keep their defaults, and a constructor refuses them.
  const own = Object.entries(options).filter(([name, value]) => value !== DEFAULTS[name as keyof CheckedOptions]);
  return loaded(new Class({ ...Object.fromEntries(own), [LOADED]: weights }), module.stateDict(), "");
}
