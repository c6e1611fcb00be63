import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkRate } from "../checks/options.js";
import type { Parameter } from "../parameters/parameter.js";
import { Optimizer, type ParamGroupOptions } from "./optimizer.js";
import type { Rule } from "./param-group.js";
import { power } from "./power.js";

/** Options of `torch.optim.SGD`. */
export interface SGDOptions {
  /** 1e-3 by default. */
  lr?: number | undefined;
  /** 0 by default. */
  momentum?: number | undefined;
  /** How much of each gradient the momentum leaves out; 0 by default. */
  dampening?: number | undefined;
  /** 0 by default; added to the gradient. */
  weightDecay?: number | undefined;
  /** Nesterov's momentum; false by default. */
  nesterov?: boolean | undefined;
}

const SGD_RULE: Rule = {
  owner: "SGD",
  rule: 0,
  options: {
    lr: [1e-3, checkRate],
    momentum: [0, checkRate],
    dampening: [0, checkRate],
    weightDecay: [0, checkRate],
    nesterov: [false, checkBoolean],
  },
  check({ momentum, dampening, nesterov }) {
    if (!nesterov || (momentum !== 0 && dampening === 0)) return;
    throw new LSTMError("OPTION", "SGD: nesterov needs a momentum and no dampening");
  },
  buffers: ({ momentum }) => (momentum === 0 ? [] : ["momentum_buffer"]),
  settings: ({ lr, weightDecay, momentum, dampening, nesterov }) =>
    [lr, weightDecay, momentum, dampening, nesterov].map(Number),
  // The core asks whether it is the first step, and takes 0 for yes.
  powers: (_, step) => [step - 1, 0],
};

/**
 * `torch.optim.SGD`: gradient descent, with momentum if wanted. Takes parameters, or groups of them with options of their
 * own (see `Adam`).
 */
export class SGD extends Optimizer<SGDOptions> {
  static override readonly name: string = "SGD";

  /**
   * @param parameters those to update, or groups of them
   * @throws LSTMError `OPTION` for an option out of range, for no parameters, or for one that is there twice; `DISPOSED`
   */
  constructor(parameters: Iterable<Parameter> | Iterable<ParamGroupOptions<SGDOptions>>, options: SGDOptions = {}) {
    super(SGD_RULE, parameters, options);
  }
}

/** Options of `torch.optim.Adam` and `AdamW`. */
export interface AdamOptions {
  /** 1e-3 by default. */
  lr?: number | undefined;
  /** How much of the means of the gradient and of its square is kept; [0.9, 0.999] by default. */
  betas?: readonly [number, number] | undefined;
  /** 1e-8 by default. */
  eps?: number | undefined;
  /** 0 by default; 0.01 for AdamW. */
  weightDecay?: number | undefined;
  /** Whether to divide by the largest mean so far; false by default. */
  amsgrad?: boolean | undefined;
}

const adam = (owner: string, decoupled: boolean): Rule => ({
  owner,
  rule: 1,
  options: {
    lr: [1e-3, checkRate],
    betas: [[0.9, 0.999], checkBetas],
    eps: [1e-8, checkRate],
    weightDecay: [decoupled ? 0.01 : 0, checkRate],
    amsgrad: [false, checkBoolean],
  },
  buffers: ({ amsgrad }) => ["exp_avg", "exp_avg_sq", ...(amsgrad ? ["max_exp_avg_sq"] : [])],
  settings: ({ lr, weightDecay, betas, eps }) => [lr, weightDecay, ...(betas as Betas), eps, decoupled].map(Number),
  powers({ betas }, step) {
    const [beta1, beta2] = betas as Betas;
    return [power(beta1, step), power(beta2, step)];
  },
});

type Betas = readonly [number, number];

function checkBetas(name: string, value: unknown): Betas {
  const betas: unknown[] = Array.isArray(value) ? [...value] : [];
  const fit = betas.length === 2 && betas.every((beta) => typeof beta === "number" && beta >= 0 && beta < 1);
  if (fit) return Object.freeze(betas) as unknown as Betas;
  throw mustBe("OPTION", name, "two numbers from 0 up to but not 1", value);
}

const ADAM_RULE = adam("Adam", false);

/**
 * `torch.optim.Adam`; its weight decay is added to the gradient.
 *
 * Takes parameters, or groups of them with options of their own; the second argument stands in for those left out:
 *
 * ```ts
 * const lstm = new LSTM({ inputSize: 8, hiddenSize: 16 });
 * const head = new Linear({ inFeatures: 16, outFeatures: 2 });
 * const optimizer = new Adam([
 *   { params: lstm.parameters() },
 *   { params: head.parameters(), lr: 1e-2, weightDecay: 0.1 },
 * ], { lr: 1e-3 });
 * ```
 */
export class Adam extends Optimizer<AdamOptions> {
  static override readonly name: string = "Adam";

  /**
   * @param parameters those to update, or groups of them
   * @throws LSTMError `OPTION` for an option out of range, for no parameters, or for one that is there twice; `DISPOSED`
   */
  constructor(parameters: Iterable<Parameter> | Iterable<ParamGroupOptions<AdamOptions>>, options: AdamOptions = {}) {
    super(ADAM_RULE, parameters, options);
  }
}

const ADAMW_RULE = adam("AdamW", true);

/** `torch.optim.AdamW`: Adam whose weight decay shrinks the weights themselves. */
export class AdamW extends Optimizer<AdamOptions> {
  static override readonly name: string = "AdamW";

  /**
   * @param parameters those to update, or groups of them
   * @throws LSTMError `OPTION` for an option out of range, for no parameters, or for one that is there twice; `DISPOSED`
   */
  constructor(parameters: Iterable<Parameter> | Iterable<ParamGroupOptions<AdamOptions>>, options: AdamOptions = {}) {
    super(ADAMW_RULE, parameters, options);
  }
}

/** Options of `torch.optim.RMSprop`. */
export interface RMSpropOptions {
  /** 1e-2 by default. */
  lr?: number | undefined;
  /** How much of the mean of the gradient's square is kept; 0.99 by default. */
  alpha?: number | undefined;
  /** 1e-8 by default. */
  eps?: number | undefined;
  /** 0 by default. */
  momentum?: number | undefined;
  /** Whether to divide by the standard deviation rather than the root of the mean square. */
  centered?: boolean | undefined;
  /** 0 by default; added to the gradient. */
  weightDecay?: number | undefined;
}

const RMSPROP_RULE: Rule = {
  owner: "RMSprop",
  rule: 2,
  options: {
    lr: [1e-2, checkRate],
    alpha: [0.99, checkRate],
    eps: [1e-8, checkRate],
    momentum: [0, checkRate],
    centered: [false, checkBoolean],
    weightDecay: [0, checkRate],
  },
  buffers: ({ momentum, centered }) => [
    "square_avg",
    ...(momentum === 0 ? [] : ["momentum_buffer"]),
    ...(centered ? ["grad_avg"] : []),
  ],
  settings: ({ lr, weightDecay, alpha, eps, momentum, centered }) =>
    [lr, weightDecay, alpha, eps, momentum, centered].map(Number),
  powers: () => [0, 0],
};

/** `torch.optim.RMSprop`. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  static override readonly name: string = "RMSprop";

  /**
   * @param parameters those to update, or groups of them
   * @throws LSTMError `OPTION` for an option out of range, for no parameters, or for one that is there twice; `DISPOSED`
   */
  constructor(
    parameters: Iterable<Parameter> | Iterable<ParamGroupOptions<RMSpropOptions>>,
    options: RMSpropOptions = {},
  ) {
    super(RMSPROP_RULE, parameters, options);
  }
}
