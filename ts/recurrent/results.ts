import type { Tensor, TensorInput } from "../tensor/tensor.js";
import type { StateName } from "./cells.js";

/**
 * The state to start from: of an LSTM `[h0, c0]`, else h0 alone; each (layers * directions, batch, .), or without the batch
 * dimension for unbatched input. Here and below `States` is which states the cell has, by default the LSTM's.
 */
export type StateInput<States extends StateName = StateName> = "c" extends States
  ? readonly [h0: TensorInput, c0: TensorInput]
  : TensorInput;

/** The state after the last step: of an LSTM `[hn, cn]`, else hn alone; shaped as h0 and c0. */
export type StateOutput<States extends StateName = StateName> = "c" extends States ? [hn: Tensor, cn: Tensor] : Tensor;

/** What forward returns: of an LSTM `[output, [hn, cn]]`, else `[output, hn]`. */
export type Result<Output, States extends StateName = StateName> = [output: Output, state: StateOutput<States>];

/** Options of one forward. */
export interface ForwardOptions<Output, States extends StateName = StateName> {
  /** An earlier result of the same shapes to write into; it is returned, and no tensor is made. */
  out?: Result<Output, States> | undefined;
}

/** Gradients of h and c after the last step, each undefined for zeros; without c the gradient of h alone. */
export type GradState<States extends StateName = StateName> =
  | ("c" extends States
      ? readonly [gradHn?: TensorInput | null | undefined, gradCn?: TensorInput | null | undefined]
      : TensorInput)
  | null
  | undefined;

/** What backward returns: the gradients of a forward's input, shaped or packed as it was, and of h0 and c0, shaped as they. */
export type Gradients<Input, States extends StateName = StateName> = {
  /** The gradient of the forward's input. */
  readonly input: Input;
} & {
  readonly [Name in States as `${Name}0`]: Tensor;
};

/** One direction of one layer. */
export interface LayerDirection {
  /** Counted from 0, the one that reads the input. */
  readonly layer: number;
  /** Which way it reads the sequence. */
  readonly direction: "forward" | "reverse";
}

/**
 * How large gradients were on their way back through one direction of one layer: the norms of dL/dh(t), as `h`, and of
 * dL/dc(t), as `c`, at every step, (seq, batch), or with the leading dimensions of the input.
 */
export type GradientNorms<States extends StateName = StateName> = LayerDirection & {
  readonly [Name in States]: Tensor;
};

/** What a trace of an LSTM can hold: the gates i, f, g (the candidate) and o, the cell state, the hidden state. */
export type Traced = "i" | "f" | "g" | "o" | "c" | "h";

/**
 * What a trace of a GRU can hold: the gates r and z, n (the candidate), `reset` (what the reset gate leaves of the state's part
 * of n: r * (W_hn h + b_hn)), the hidden state.
 */
export type GRUTraced = "r" | "z" | "n" | "reset" | "h";

/** Options of `trace`. */
export interface TraceOptions<Name extends string = Traced> {
  /** Which tensors to copy out; all of them if left out. */
  only?: readonly Name[] | undefined;
}

/**
 * One direction of one layer at every step: h, (seq, batch, H_out), and all else that the cell computes on the way to it,
 * (seq, batch, H). Leading dimensions are the input's; a reverse direction is indexed by input position too.
 */
export type LayerTrace<Name extends string = Traced> = LayerDirection & { readonly [Each in Name]: Tensor };

/** What trace returns: the last states of every layer and direction, as hn and cn, and each from the inside. */
export type Trace<Output, Name extends string = Traced, States extends StateName = StateName> = {
  /** As `forward` returns it. */
  readonly output: Output;
  /** Layer by layer, in each the forward direction first. */
  readonly layers: readonly LayerTrace<Name>[];
} & { readonly [Each in States as `${Each}n`]: Tensor };

/** What dropout masks are drawn from: a seed, and a count of the training forwards. */
export interface DropoutDraw {
  /** A dropout's seed. */
  seed: number;
  /** How many training forwards there were before. */
  call: number;
}
