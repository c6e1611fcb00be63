import type { Tensor, TensorInput } from "../tensor/tensor.js";

/** `[h0, c0]`, both (layers * directions, batch, .), or without the batch dimension for unbatched input. */
export type StateInput = readonly [h0: TensorInput, c0: TensorInput];

/** What forward returns: `[output, [hn, cn]]`. */
export type Result<Output> = [output: Output, state: [hn: Tensor, cn: Tensor]];

/** Options of one forward. */
export interface ForwardOptions<Output> {
  /** An earlier result of the same shapes to write into; it is returned, and no tensor is made. */
  out?: Result<Output> | undefined;
}

/** Gradients of h and c after the last step, each undefined for zeros. */
export type GradState =
  | readonly [gradHn?: TensorInput | null | undefined, gradCn?: TensorInput | null | undefined]
  | null
  | undefined;

/** What backward returns: the gradients of a forward's input, h0 and c0. */
export interface Gradients<Input> {
  /** Shaped or packed as the input was. */
  readonly input: Input;
  /** Shaped as h0. */
  readonly h0: Tensor;
  /** Shaped as c0. */
  readonly c0: Tensor;
}

/**
 * How large gradients were on their way back through one direction of one layer: the norms of dL/dh(t) and dL/dc(t) at
 * every step, (seq, batch), or with the leading dimensions of the input.
 */
export interface GradientNorms {
  /** Counted from 0, the one that reads the input. */
  readonly layer: number;
  /** Which way it reads the sequence. */
  readonly direction: "forward" | "reverse";
  /** Of dL/dh(t). */
  readonly h: Tensor;
  /** Of dL/dc(t). */
  readonly c: Tensor;
}

/** What a trace can hold: the gates, the cell state, the hidden state. */
export type Traced = "i" | "f" | "g" | "o" | "c" | "h";

/** Options of `trace`. */
export interface TraceOptions<Name extends Traced = Traced> {
  /** Which tensors to copy out; all six if left out. */
  only?: readonly Name[] | undefined;
}

/**
 * One direction of one layer at every step: gates i, f, g (the candidate) and o, cell state c, (seq, batch, H), and h,
 * (seq, batch, H_out). Leading dimensions are the input's; a reverse direction is indexed by input position too.
 */
export type LayerTrace<Name extends Traced = Traced> = {
  /** Counted from 0, the one that reads the input. */
  readonly layer: number;
  /** Which way it reads the sequence. */
  readonly direction: "forward" | "reverse";
} & { readonly [Each in Name]: Tensor };

/** What trace returns: forward's results, and every direction of every layer from the inside. */
export interface Trace<Output, Name extends Traced = Traced> {
  /** As `forward` returns it. */
  readonly output: Output;
  /** The last h of every layer and direction. */
  readonly hn: Tensor;
  /** The last c of every layer and direction. */
  readonly cn: Tensor;
  /** Layer by layer, in each the forward direction first. */
  readonly layers: readonly LayerTrace<Name>[];
}

/** What dropout masks are drawn from: a seed, and a count of the training forwards. */
export interface DropoutDraw {
  /** A dropout's seed. */
  seed: number;
  /** How many training forwards there were before. */
  call: number;
}
