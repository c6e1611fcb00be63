/** What the weights of a model's recurrent layers become. Embeddings, linear layers and convolutions stay float32. */
import { dequantize, type Module, quantize } from "lstm-wasm/nn";
import { load, save } from "lstm-wasm/safetensors";
import { unchanged, type Variant } from "../../examples/variant.js";
import { calibrated } from "./calibrated.js";

const integers =
  (weights: "int8" | "int16"): Variant =>
  <M extends Module>(layer: M): M => {
    const narrow = quantize(layer, { weights });
    layer.dispose();
    return narrow;
  };

export const VARIANTS = {
  float32: unchanged,
  /** As a file of half the size holds them; they are widened to float32 when they are loaded. */
  float16: (layer) => {
    layer.loadStateDict(load(save(layer.stateDict(), {}, { dtype: "F16" })));
    return layer;
  },
  int16: integers("int16"),
  int8: integers("int8"),
  /** The values of int8 in float32's arithmetic: what the weights alone do, with activations as they are. */
  "int8, dequantized": <M extends Module>(layer: M): M => {
    const narrow = integers("int8")(layer);
    const float = dequantize(narrow);
    narrow.dispose();
    return float;
  },
} satisfies Record<string, Variant>;

const CALIBRATED = "int8, calibrated";

export type VariantName = keyof typeof VARIANTS | typeof CALIBRATED;

export const NAMES = [...Object.keys(VARIANTS), CALIBRATED] as VariantName[];

/** Something for each variant. */
export type Each<T> = Readonly<Record<VariantName, T>>;

/**
 * What each variant answers, and how that compares with what float32 answers.
 *
 * @param calibrate makes the model with a variant and runs it over what it is calibrated with
 */
export function compared<A, F>(
  calibrate: (variant: Variant) => void,
  answer: (variant: Variant) => A,
  compare: (own: A, float32: A) => F,
): Each<F> {
  const float32 = answer(VARIANTS.float32);
  const variants = { ...VARIANTS, [CALIBRATED]: calibrated(calibrate) };
  const entries = Object.entries(variants).map(([name, variant]) => {
    return [name, compare(variant === VARIANTS.float32 ? float32 : answer(variant), float32)];
  });
  return Object.fromEntries(entries) as Each<F>;
}

/** The largest difference of two signals. */
export function furthest(own: ArrayLike<number>, float32: ArrayLike<number>): number {
  return Array.from(own, (value, i) => Math.abs(value - (float32[i] as number))).reduce((a, b) => Math.max(a, b), 0);
}

/** How many values of two arrays differ. */
export function changes(own: ArrayLike<unknown>, float32: ArrayLike<unknown>): number {
  return Array.from(own).filter((value, i) => value !== float32[i]).length;
}
