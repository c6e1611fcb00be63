import { Linear } from "lstm-wasm/nn";
import {
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  ReduceLROnPlateau,
  type ScheduleState,
  SGD,
  StepLR,
} from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { expectError } from "../support/refusal.js";

const sgd = (lr = 0.1) => new SGD(new Linear({ inFeatures: 1, outFeatures: 1 }).parameters(), { lr });
/** Two groups, of the rates 1 and 0.1. */
const grouped = () => {
  const [weight, bias] = new Linear({ inFeatures: 1, outFeatures: 1 }).parameters();
  return new SGD(
    [
      { params: [weight as never], lr: 1 },
      { params: [bias as never], lr: 0.1 },
    ],
    {},
  );
};
const rates = (optimizer: SGD) => optimizer.paramGroups.map(({ lr }) => lr);

interface AnySchedule {
  step(metric: number): void;
  stateDict(): Record<string, string | number | number[]>;
  loadStateDict(state: ScheduleState): void;
}

/** One of each. */
const SCHEDULES: Record<string, (optimizer: SGD) => AnySchedule> = {
  StepLR: (optimizer: SGD) => new StepLR(optimizer, { stepSize: 1 }),
  MultiStepLR: (optimizer: SGD) => new MultiStepLR(optimizer, { milestones: [1, 1] }),
  ExponentialLR: (optimizer: SGD) => new ExponentialLR(optimizer, { gamma: 0.5 }),
  CosineAnnealingLR: (optimizer: SGD) => new CosineAnnealingLR(optimizer, { tMax: 4 }),
  LinearLR: (optimizer: SGD) => new LinearLR(optimizer),
  ReduceLROnPlateau: (optimizer: SGD) => new ReduceLROnPlateau(optimizer, { patience: 0 }),
};
const entries = Object.entries(SCHEDULES);

describe.each(entries)("%s", (name, make) => {
  it("acts on every group from its own rate", () => {
    const [together, first, second] = [grouped(), sgd(1), sgd(0.1)];
    const schedules = [together, first, second].map((optimizer) => make(optimizer));
    for (let epoch = 0; epoch < 6; epoch++) {
      for (const schedule of schedules) schedule.step(epoch);
      expect(rates(together)).toEqual([first.lr, second.lr]);
    }
  });

  it("takes no other schedule's state", () => {
    const schedule = make(sgd());
    const before = schedule.stateDict();
    for (const [other, makeOther] of entries) {
      if (other === name) continue;
      const why = new RegExp(`^${name}: the state is that of another schedule, ${other}$`);
      expectError("STATE_DICT", why, () => schedule.loadStateDict(makeOther(sgd()).stateDict()));
    }
    for (const state of [null, undefined, 3, "x", [], {}]) {
      expectError("STATE_DICT", new RegExp(`^${name}: `), () => schedule.loadStateDict(state as never));
    }
    expect(schedule.stateDict()).toEqual(before);
  });

  it("takes no value that it cannot have", () => {
    const schedule = make(sgd());
    schedule.step(1);
    const before = schedule.stateDict();
    for (const key of Object.keys(before)) {
      for (const value of [Number.NaN, -1, 0.5, "1", null, [], [Number.NaN], {}]) {
        if (key === "best" && typeof value === "number") continue;
        const state = { ...before, [key]: value } as never;
        expect(() => schedule.loadStateDict(state)).toThrow(expect.objectContaining({ name: "LSTMError" }));
      }
    }
    expectError("OPTION", /unknown option more/, () => schedule.loadStateDict({ ...before, more: 1 }));
    expect(schedule.stateDict()).toEqual(before);
  });
});

describe("a step", () => {
  it("that would make a rate infinite is refused, and changes nothing", () => {
    const optimizer = grouped();
    const schedule = new ExponentialLR(optimizer, { gamma: 1e300 });
    schedule.step();
    const before = rates(optimizer);
    expectError("OPTION", /^ExponentialLR: the next lr must be a finite number/, () => schedule.step());
    expect([schedule.lastEpoch, rates(optimizer)]).toEqual([1, before]);
  });

  it("on a disposed optimiser is refused, and changes nothing", () => {
    const optimizer = sgd();
    const schedules = [new StepLR(optimizer, { stepSize: 1 }), new ReduceLROnPlateau(optimizer, { patience: 0 })];
    const before = schedules.map((schedule) => schedule.stateDict());
    optimizer.dispose();
    for (const schedule of schedules) expectError("DISPOSED", /this SGD was disposed/, () => schedule.step(Infinity));
    expect(schedules.map((schedule) => schedule.stateDict())).toEqual(before);
  });
});

it("lastEpoch is set to a count of epochs only", () => {
  const schedule = new StepLR(sgd(), { stepSize: 2 });
  schedule.lastEpoch = 5;
  for (const epoch of [Number.NaN, -1, 1.5]) {
    expectError("OPTION", /^lastEpoch must be an integer/, () => {
      schedule.lastEpoch = epoch;
    });
  }
  expect(schedule.stateDict()).toEqual({ schedule: "StepLR", lastEpoch: 5 });
});

it("ReduceLROnPlateau has a minimum for each group", () => {
  const optimizer = grouped();
  const schedule = new ReduceLROnPlateau(optimizer, { patience: 0, minLr: [0.5, 0] });
  schedule.step(Infinity);
  expect(rates(optimizer)).toEqual([0.5, 0.1 * 0.1]);
  expectError("OPTION", /^minLr must be an array of 2/, () => new ReduceLROnPlateau(optimizer, { minLr: [1] }));
});

it("a schedule that is refused leaves no trace in the optimiser", () => {
  const optimizer = sgd(0.4);
  const sparse: number[] = [];
  sparse[2 ** 32 - 2] = 1;
  for (const [message, make] of [
    [/^startFactor must be/, () => new LinearLR(optimizer, { startFactor: 2 })],
    [/^startFactor must be more than 0/, () => new LinearLR(optimizer, { startFactor: 0 })],
    [/^endFactor must be/, () => new LinearLR(optimizer, { endFactor: Number.NaN })],
    [/^gamma must be a finite number/, () => new ExponentialLR(optimizer, { gamma: Infinity })],
    [/^milestones\[0\] must be an integer .* got undefined/, () => new MultiStepLR(optimizer, { milestones: sparse })],
    [/^milestones\[1\] must be an integer from 1/, () => new MultiStepLR(optimizer, { milestones: [1, 2 ** 40] })],
    [/^factor must be less than 1/, () => new ReduceLROnPlateau(optimizer, { factor: 1 })],
  ] as const) {
    expectError("OPTION", message, make);
  }
  expect(optimizer.stateDict().initialLrs).toBeUndefined();
  optimizer.lr = 0.2;
  const schedule = new CosineAnnealingLR(optimizer, { tMax: 1 });
  expect(schedule.stateDict().baseLrs).toEqual([0.2]);
});
