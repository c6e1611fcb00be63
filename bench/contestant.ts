import type { Case } from "./cases.js";

/** The same numbers for everyone: PyTorch's names and layouts, row-major. */
export interface Data {
  /** `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `..._reverse`, as `nn.LSTM` shapes them. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** (steps, batch, inputs) */
  readonly input: Float32Array;
  /** (steps, batch, directions * hidden): the gradient of the output, for "train". */
  readonly gradOutput: Float32Array;
}

/** One library, able to run some of the cases. */
export interface Contestant {
  /** As the tables call it. */
  readonly name: string;
  /** Of the library that is measured; what is of this repository has none of its own. */
  readonly version?: string;
  /** How far its results may be from ours, relative to the tensor's largest magnitude; what float32 does by default. */
  readonly tolerance?: number;
  /** Whether it can run the case at all. A case that it cannot run is a dash in the table, with the reason in a comment. */
  supports(one: Case): boolean;
  /** Everything that is not timed: building the model, copying the weights in. */
  prepare(one: Case, data: Data): Promise<Runner>;
  /** Ends what it started (a Python process, say). */
  close?(): Promise<void>;
}

/** A model that is ready to run one case. */
export interface Runner {
  /**
   * One measured run: inputs in, outputs as ordinary memory of the caller's out. For "step" the state goes on from run to
   * run. A contestant that is asynchronous returns a promise, and its time includes that.
   */
  run(): void | Promise<void>;
  /**
   * What the last run computed, to be compared before anything is timed: "step": h, (hidden); "forward": the output,
   * (steps, batch, directions * hidden); "train": the output's gradient taken back, every parameter's gradient by
   * PyTorch's name plus "input", (steps, batch, inputs). A library that trains in another way (its own loss, say) says in
   * a comment what it returns instead.
   */
  results(): Promise<Readonly<Record<string, Float32Array>>>;
  /** Sets the state of "step" back to zeros. */
  reset?(): void;
  /** Gives memory back. */
  dispose(): void | Promise<void>;
  /**
   * For a contestant that times itself (another process): runs `count` times and returns the seconds of each run. The
   * harness then uses this in place of `run`.
   */
  timed?(count: number): Promise<readonly number[]>;
}
