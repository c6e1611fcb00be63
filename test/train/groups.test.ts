import { LSTM, type Parameter } from "lstm-wasm";
import { Linear, Sequential } from "lstm-wasm/nn";
import { Adam, AdamW, clipGradNorm, clipGradValue, RMSprop, SGD, StepLR } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { expectError } from "../support/refusal.js";

/** A layer of 3 to 2 whose gradients are all 1. */
function linear() {
  const module = new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 }).train();
  module.forward([1, 1, 1]);
  module.backward([1, 1]);
  return module;
}

describe("parameter groups", () => {
  it("have options of their own, and the second argument's in place of those left out", () => {
    const [body, head] = [linear(), linear()];
    const optimizer = new AdamW(
      [{ params: body.parameters() }, { params: head.parameters(), lr: 0.5, weightDecay: 0 }],
      { lr: 0.25, betas: [0.5, 0.75] },
    );
    const common = { betas: [0.5, 0.75], eps: 1e-8, amsgrad: false };
    expect(optimizer.paramGroups.map((group) => ({ ...group }))).toEqual([
      { params: body.parameters(), lr: 0.25, weightDecay: 0.01, ...common },
      { params: head.parameters(), lr: 0.5, weightDecay: 0, ...common },
    ]);
    expect(optimizer.lr).toBe(0.25);
    optimizer.lr = 0.125;
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.125, 0.125]);
  });

  it("step as optimisers of their own would", () => {
    const [together, apart] = [0, 1].map(() => [linear(), linear()] as const) as [
      readonly [Linear, Linear],
      readonly [Linear, Linear],
    ];
    const options = [{ lr: 0.1, momentum: 0.5 }, { lr: 0.2 }] as const;
    const one = new SGD(together.map((module, i) => ({ params: module.parameters(), ...options[i] })));
    const two = apart.map((module, i) => new SGD(module.parameters(), options[i]));
    for (let step = 0; step < 3; step++) {
      one.step();
      for (const each of two) each.step();
    }
    expect(together.map((module) => module.stateDict())).toEqual(apart.map((module) => module.stateDict()));
    one.zeroGrad();
    for (const module of together) expect(clipGradNorm(module.parameters(), Infinity)).toBe(0);
  });

  it("are read and set between steps, with the constructor's checks", () => {
    const optimizer = new Adam([{ params: linear().parameters() }, { params: linear().parameters() }]);
    const [, second] = optimizer.paramGroups;
    if (second === undefined) throw new Error("there are two");
    second.lr = 0.5;
    second.betas = [0.1, 0.2];
    expect(optimizer.paramGroups.map(({ lr, betas }) => [lr, betas])).toEqual([
      [0.001, [0.9, 0.999]],
      [0.5, [0.1, 0.2]],
    ]);
    const before = optimizer.stateDict();
    expectError("OPTION", /^lr must be/, () => {
      second.lr = -1;
    });
    expectError("OPTION", /^betas must be two numbers/, () => {
      second.betas = [0.5, 7];
    });
    expectError("OPTION", /^Adam: .* keeps exp_avg, exp_avg_sq of each parameter.* need .*max_exp_avg_sq/, () => {
      second.amsgrad = true;
    });
    expect(() => {
      (second as unknown as { weight_decay: number }).weight_decay = 1;
    }).toThrow(TypeError);
    expect(optimizer.stateDict()).toEqual(before);
    optimizer.dispose();
    expectError("DISPOSED", /this Adam was disposed/, () => {
      second.lr = 1;
    });
  });

  it("go on from a saved state, of the same groups only", () => {
    const make = () => {
      const [a, b] = [linear(), linear()];
      const groups = [{ params: a.parameters() }, { params: b.parameters(), lr: 0.1, centered: true }];
      return { a, b, optimizer: new RMSprop(groups) };
    };
    const [first, second] = [make(), make()];
    first.optimizer.step();
    second.a.loadStateDict(first.a.stateDict());
    second.b.loadStateDict(first.b.stateDict());
    const saved = first.optimizer.stateDict();
    expect(saved.paramGroups.map(({ params }) => params)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    second.optimizer.loadStateDict(saved);
    for (const { optimizer } of [first, second]) optimizer.step();
    expect(second.b.stateDict()).toEqual(first.b.stateDict());
    const flat = new RMSprop([...first.a.parameters(), ...first.b.parameters()]);
    expectError("STATE_DICT", /^RMSprop: expected paramGroups of 1, got 2/, () => flat.loadStateDict(saved));
    const swapped = new RMSprop([
      { params: first.a.parameters()[0] as Parameter },
      { params: [...first.a.parameters().slice(1), ...first.b.parameters()], centered: true },
    ]);
    expectError("STATE_DICT", /^RMSprop: paramGroups\[0\].params: expected 1 parameters/, () =>
      swapped.loadStateDict(saved),
    );
  });

  it("may be empty, as in PyTorch, but not all of them", () => {
    const optimizer = new SGD([{ params: [] }, { params: linear().parameters() }]);
    optimizer.step();
    expect(optimizer.paramGroups.map(({ params }) => params.length)).toEqual([0, 2]);
    expectError("OPTION", /^SGD needs parameters, and all of its groups are empty/, () => new SGD([{ params: [] }]));
  });

  it.each<[RegExp, (p: Parameter[]) => unknown]>([
    [/^Adam: parameters\[1\].params\[0\] \(weight\) is there twice/, (p) => new Adam([{ params: p }, { params: p }])],
    [/^parameters\[1\].lr must be/, (p) => new Adam([{ params: [] }, { params: p, lr: Number.NaN }])],
    [/^Adam: parameters\[0\]: unknown option learningRate/, (p) => new Adam([{ params: p, learningRate: 1 } as never])],
    [/^Adam: parameters\[1\] must be a group/, (p) => new Adam([{ params: [p[0]] }, p[1]] as never)],
    [
      /^Adam: parameters\[0\].params needs parameters.* got undefined/,
      () => new Adam([{ params: undefined } as never]),
    ],
    [/^Adam: parameters\[0\].params\[0\] must be a Parameter, got 3/, () => new Adam([{ params: [3] } as never])],
    [/^SGD: nesterov needs a momentum/, (p) => new SGD([{ params: p, nesterov: true }])],
  ])("%s", (message, make) => {
    expectError("OPTION", message, () => make(linear().parameters()));
  });
});

describe("parameters", () => {
  it("come from an iterable that gives them once", () => {
    const module = linear();
    function* once() {
      yield* module.parameters();
    }
    const optimizer = new SGD([{ params: once() }], { lr: 1 });
    const before = module.stateDict();
    clipGradValue(once(), 0.5);
    optimizer.step();
    expect(module.stateDict().bias).not.toEqual(before.bias);
  });

  it("are counted in linear time", () => {
    const list = new LSTM({ inputSize: 1, hiddenSize: 1, numLayers: 2500 }).parameters();
    const time = (count: number) => {
      const parameters = list.slice(0, count);
      const times = Array.from({ length: 5 }, () => {
        const started = performance.now();
        clipGradValue(parameters, 1);
        return performance.now() - started;
      });
      return Math.min(...times);
    };
    // 20 if linear, 400 if quadratic.
    expect(time(10_000) / time(500)).toBeLessThan(120);
  });

  it("of a disposed module are refused before anything is updated or zeroed", () => {
    const [a, b] = [linear(), linear()];
    const optimizer = new SGD([{ params: a.parameters() }, { params: b.parameters() }]);
    b.dispose();
    const before = a.stateDict();
    expectError("DISPOSED", /this Linear was disposed/, () => optimizer.step());
    expectError("DISPOSED", /this Linear was disposed/, () => optimizer.zeroGrad());
    expect(a.stateDict()).toEqual(before);
    expect(clipGradNorm(a.parameters(), Infinity)).toBeGreaterThan(0);
    expectError("DISPOSED", /this Linear was disposed/, () => new SGD(b.parameters()));
  });

  it("of a module that a getter of the options disposes are refused", () => {
    const [a, b] = [linear(), linear()];
    const hostile = {
      params: b.parameters(),
      get lr() {
        a.dispose();
        return 0.1;
      },
    };
    expectError("DISPOSED", /this Linear was disposed/, () => new SGD([{ params: a.parameters() }, hostile]));
  });
});

describe("clipping", () => {
  const withGradient = (values: readonly number[]) => {
    const module = linear();
    for (const { grad } of module.parameters()) grad?.set(values.slice(0, grad.length));
    return module;
  };

  it.each([1, 2, 3, Infinity])("neither overflows nor underflows in the %s-norm", (normType) => {
    for (const size of [1e-24, 1e20, 3e38]) {
      const module = withGradient(new Array(6).fill(size));
      const count = normType === Infinity ? 1 : 8 ** (1 / normType);
      const norm = clipGradNorm(module.parameters(), Infinity, { normType });
      expect(norm / (count * Math.fround(size))).toBeCloseTo(1, 6);
    }
  });

  it("scales huge gradients to a tiny norm", () => {
    const module = withGradient(new Array(6).fill(3e38));
    clipGradNorm(module.parameters(), 1e-5);
    expect(clipGradNorm(module.parameters(), Infinity) / 1e-5).toBeCloseTo(1, 5);
  });

  it.each([1, 2, 3, Infinity])("reads a gradient that is not finite and leaves it alone: the %s-norm", (normType) => {
    for (const [value, expected] of [
      [Number.NaN, Number.NaN],
      [Infinity, Infinity],
      [-Infinity, Infinity],
    ] as const) {
      const module = withGradient([1, value, 2, 3, 4, 5]);
      const before = module.parameters().map(({ grad }) => [...(grad ?? [])]);
      expect(clipGradNorm(module.parameters(), Infinity, { normType })).toBe(expected);
      expectError("OPTION", /the norm of the gradients is (NaN|Infinity); nothing was scaled/, () =>
        clipGradNorm(module.parameters(), 1, { normType, errorIfNonfinite: true }),
      );
      expect(module.parameters().map(({ grad }) => [...(grad ?? [])])).toEqual(before);
    }
  });

  it("refuses limits and norms that are none", () => {
    const parameters = linear().parameters();
    expectError("OPTION", /^maxNorm must be a number from 0 on, got NaN/, () => clipGradNorm(parameters, Number.NaN));
    expectError("OPTION", /^maxNorm must be/, () => clipGradNorm(parameters, -1));
    expectError("OPTION", /^normType must be/, () => clipGradNorm(parameters, 1, { normType: -2 }));
    expectError("OPTION", /^normType must be more than 0/, () => clipGradNorm(parameters, 1, { normType: 0 }));
    expectError("OPTION", /did you mean normType/, () => clipGradNorm(parameters, 1, { norm_type: 1 } as never));
    expectError("OPTION", /^clipValue must be/, () => clipGradValue(parameters, Number.NaN));
  });
});

it("toString and errors name what the user wrote, in the built package too", () => {
  const model = new Sequential([linear()]);
  const optimizer = new Adam(model.parameters());
  const text = "Adam(2 parameters, { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false })";
  expect(String(optimizer)).toBe(text);
  const schedule = new StepLR(optimizer, { stepSize: 1 });
  expect([Adam.name, StepLR.name, schedule.stateDict().schedule]).toEqual(["Adam", "StepLR", "StepLR"]);
});
