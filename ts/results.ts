import type { Tensor, TensorInput } from "./tensor.js";

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
  readonly input: Input;
  readonly h0: Tensor;
  readonly c0: Tensor;
}

/**
 * How large gradients were on their way back through one direction of one layer: the norms of dL/dh(t) and dL/dc(t) at
 * every step, (seq, batch), or with the leading dimensions of the input.
 */
export interface GradientNorms {
  readonly layer: number;
  readonly direction: "forward" | "reverse";
  readonly h: Tensor;
  readonly c: Tensor;
}

/** What a trace can hold: the gates, the cell state, the hidden state. */
export type Traced = "i" | "f" | "g" | "o" | "c" | "h";

/** Options of `trace`. */
export interface TraceOptions {
  /** Which tensors to copy out; all six if left out. */
  only?: readonly Traced[] | undefined;
}

/**
 * One direction of one layer at every step: gates i, f, g (the candidate) and o, cell state c, (seq, batch, H), and h,
 * (seq, batch, H_out). Leading dimensions are the input's; a reverse direction is indexed by input position too.
 */
export type LayerTrace = {
  readonly layer: number;
  readonly direction: "forward" | "reverse";
} & { readonly [Name in Traced]?: Tensor };

/** What trace returns: forward's results, and every direction of every layer from the inside. */
export interface Trace<Output> {
  readonly output: Output;
  readonly hn: Tensor;
  readonly cn: Tensor;
  readonly layers: readonly LayerTrace[];
}

/** What dropout masks are drawn from: a seed, and a count of the training forwards. */
export interface Masks {
  seed: number;
  call: number;
}
