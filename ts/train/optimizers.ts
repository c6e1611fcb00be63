import { describe } from "../describe.js";
import { LSTMError } from "../errors.js";
import { checkBoolean, checkObject } from "../options.js";
import type { Parameter } from "../parameter.js";
import { checkRate, Optimizer } from "./optimizer.js";

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

/** `torch.optim.SGD`: gradient descent, with momentum if wanted. */
export class SGD extends Optimizer {
  static override readonly name: string = "SGD";

  constructor(parameters: Iterable<Parameter>, options: SGDOptions = {}) {
    const given = checkObject("SGD", options, ["lr", "momentum", "dampening", "weightDecay", "nesterov"]);
    const lr = checkRate("lr", given.lr ?? 1e-3);
    const momentum = checkRate("momentum", given.momentum ?? 0);
    const dampening = checkRate("dampening", given.dampening ?? 0);
    const weightDecay = checkRate("weightDecay", given.weightDecay ?? 0);
    const nesterov = checkBoolean("nesterov", given.nesterov ?? false);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new LSTMError("OPTION", "SGD: nesterov needs a momentum and no dampening");
    }
    const rule = {
      owner: "SGD",
      rule: 0,
      buffers: momentum === 0 ? [] : ["momentum_buffer"],
      options: { lr, momentum, dampening, weightDecay, nesterov },
      settings: ["lr", "weightDecay", "momentum", "dampening", "nesterov"],
    };
    super(rule, parameters);
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

/** `torch.optim.Adam`; its weight decay is added to the gradient. */
export class Adam extends Optimizer {
  static override readonly name: string = "Adam";

  constructor(parameters: Iterable<Parameter>, options: AdamOptions = {}) {
    super(adam("Adam", options, false), parameters);
  }
}

/** `torch.optim.AdamW`: Adam whose weight decay shrinks the weights themselves. */
export class AdamW extends Optimizer {
  static override readonly name: string = "AdamW";

  constructor(parameters: Iterable<Parameter>, options: AdamOptions = {}) {
    super(adam("AdamW", options, true), parameters);
  }
}

function adam(owner: string, options: AdamOptions, decoupled: boolean) {
  const given = checkObject(owner, options, ["lr", "betas", "eps", "weightDecay", "amsgrad"]);
  const betas = (given.betas ?? [0.9, 0.999]) as number[];
  if (!Array.isArray(betas) || betas.length !== 2 || !betas.every((beta: number) => beta >= 0 && beta < 1)) {
    throw new LSTMError("OPTION", `betas must be two numbers from 0 up to but not 1, got ${describe(betas)}`);
  }
  const amsgrad = checkBoolean("amsgrad", given.amsgrad ?? false);
  return {
    owner,
    rule: 1,
    buffers: ["exp_avg", "exp_avg_sq", ...(amsgrad ? ["max_exp_avg_sq"] : [])],
    options: {
      lr: checkRate("lr", given.lr ?? 1e-3),
      weightDecay: checkRate("weightDecay", given.weightDecay ?? (decoupled ? 0.01 : 0)),
      beta1: betas[0] as number,
      beta2: betas[1] as number,
      eps: checkRate("eps", given.eps ?? 1e-8),
      decoupled,
      amsgrad,
    },
    settings: ["lr", "weightDecay", "beta1", "beta2", "eps", "decoupled"],
  };
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

/** `torch.optim.RMSprop`. */
export class RMSprop extends Optimizer {
  static override readonly name: string = "RMSprop";

  constructor(parameters: Iterable<Parameter>, options: RMSpropOptions = {}) {
    const given = checkObject("RMSprop", options, ["lr", "alpha", "eps", "momentum", "centered", "weightDecay"]);
    const momentum = checkRate("momentum", given.momentum ?? 0);
    const centered = checkBoolean("centered", given.centered ?? false);
    const rule = {
      owner: "RMSprop",
      rule: 2,
      buffers: ["square_avg", ...(momentum > 0 ? ["momentum_buffer"] : []), ...(centered ? ["grad_avg"] : [])],
      options: {
        lr: checkRate("lr", given.lr ?? 1e-2),
        weightDecay: checkRate("weightDecay", given.weightDecay ?? 0),
        alpha: checkRate("alpha", given.alpha ?? 0.99),
        eps: checkRate("eps", given.eps ?? 1e-8),
        momentum,
        centered,
      },
      settings: ["lr", "weightDecay", "alpha", "eps", "momentum", "centered"],
    };
    super(rule, parameters);
  }
}
