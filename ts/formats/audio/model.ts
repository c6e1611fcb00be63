/** What `load` of `lstm-wasm/audio` returns. */
import type { GRUOptions, LSTMOptions, RNNOptions } from "../../checks/options.js";
import type { Tensor } from "../../tensor/tensor.js";

/** What layers of every kind have. */
interface AudioLayerOf<Kind extends string, Options> {
  /** The layer's name in the file, or its number if it has none. */
  readonly name: string;
  /** The class: of this package, or of `lstm-wasm/nn`. */
  readonly kind: Kind;
  /** The options of the class. */
  readonly options: Options;
  /** The parameters by PyTorch's names, for `fromStateDict` or `loadStateDict`. */
  readonly stateDict: Record<string, Tensor>;
}

/** The LSTM of a model, perhaps of several layers. */
export interface AudioLSTM extends AudioLayerOf<"LSTM", LSTMOptions> {
  /**
   * The state that the model starts from, each (layers, 1, hidden): for `stream.state`, or as `[h, c]` for `forward`. A
   * `.nam` file has one; undefined stands for zeros.
   */
  readonly state: { readonly h: Tensor; readonly c: Tensor } | undefined;
}

/** A layer of a model. `kind` tells which. */
export type AudioLayer =
  | AudioLSTM
  | AudioLayerOf<"GRU", GRUOptions>
  | AudioLayerOf<"RNN", RNNOptions>
  | AudioLayerOf<"Linear", { inFeatures: number; outFeatures: number; bias: boolean }>
  | AudioLayerOf<"Tanh" | "ReLU" | "Sigmoid", Record<never, never>>;

/**
 * A model of an amplifier or an effect. For each sample x, whose first value is the sound, it gives
 * `gain * layers(x) + (skip ? x[0] : 0)`.
 */
export interface AudioModel {
  /** What kind of file it was; `"state dict"` is one of PyTorch in JSON, as RTNeural's torch helpers read it. */
  readonly format: "RTNeural" | "GuitarML" | "NAM" | "state dict";
  /** Values for each sample: 1, the sound itself, or more with knobs of the amplifier. */
  readonly inputSize: number;
  /** Values that come out for each sample. */
  readonly outputSize: number;
  /** The layers, in the order in which they run. */
  readonly layers: readonly AudioLayer[];
  /** Whether the first value of the input is added to what comes out. */
  readonly skip: boolean;
  /** What the layers' output is multiplied by, before the input is added (AIDA-X has it in decibels, `out_gain`). */
  readonly gain: number;
  /** Samples a second that the model was made for, in Hz; undefined where the file does not say. */
  readonly sampleRate: number | undefined;
}
