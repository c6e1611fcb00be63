import { checkWord } from "../checks/options.js";

/** What weights for inference alone can be. */
export type IntegerWeights = "int8" | "int16";

/** What weights can be, in the order of the core's `Weights::ALL`. */
export const WEIGHTS = ["float32", "int8", "int16"] as const;

/** What weights can be. */
export type Weights = (typeof WEIGHTS)[number];

/** Of a tensor whose values are integers times a scale of their row: what files of integer weights keep. */
export interface Quantization {
  /** What the integers are. */
  readonly weights: IntegerWeights;
  /** The scale of each row. */
  readonly scale: Float32Array;
}

/** The option `weights`. */
export const checkWeights = (value: unknown): Weights => checkWord("weights", value, WEIGHTS);

/** What an entry of a state dict says of its values; a clone of a tensor says it too. */
export const quantizationOf = (value: unknown): Quantization | undefined =>
  (value as { quantization?: Quantization } | null | undefined)?.quantization;

/** What the values of an entry of a state dict are. */
export const weightsOf = (value: unknown): Weights => quantizationOf(value)?.weights ?? "float32";
