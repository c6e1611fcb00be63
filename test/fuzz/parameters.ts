/** What is done to the parameters of a module, its state dict and its options, and a trace. */
import { GRU, LSTM, type LSTMErrorCode, RNN, type Tensor } from "lstm-wasm";
import { type Parameter, Sequential } from "lstm-wasm/nn";
import { Adam } from "lstm-wasm/train";
import { isStack } from "../support/cells.js";
import { expectRefusal, expectSame, fail } from "./compare.js";
import type { Draw } from "./draw.js";
import { MISFIT } from "./kind.js";
import type { Subject } from "./subject.js";

/** One of the parameters of a subject. */
function parameter(subject: Subject, draw: Draw): { index: number; of: Parameter } | undefined {
  const parameters = subject.module.parameters();
  if (parameters.length === 0) return undefined;
  const index = draw.int(0, parameters.length - 1);
  return { index, of: parameters[index] as Parameter };
}

/** Weights of a state dict, all or a part of them, by name. */
function dict(subject: Subject, draw: Draw, share: number): Record<string, Tensor> {
  const entries = Object.entries(subject.module.stateDict()).filter(() => draw.chance(share));
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, draw.tensor(shape)]));
}

export function loadDict(subject: Subject, draw: Draw): void {
  const share = draw.pick([1, 0.5]);
  const given = dict(subject, draw, share);
  const names = Object.keys(subject.module.stateDict());
  const { missingKeys } = subject.module.loadStateDict(
    Object.fromEntries(Object.entries(given).map(([name, tensor]) => [name, draw.dressed(tensor) as Tensor])),
    share === 1 ? {} : { strict: false },
  );
  expectSame(
    "missingKeys",
    missingKeys,
    names.filter((name) => !(name in given)),
  );
  for (const [index, name] of names.entries()) if (given[name]) subject.wrote(index, given[name].data);
  subject.check();
}

export function loadBadDict(subject: Subject, draw: Draw): void {
  const good = dict(subject, draw, 1);
  const names = Object.keys(good);
  const name = names.length > 0 ? draw.pick(names) : "none";
  const { [name]: _, ...rest } = good;
  const given = draw.pick<unknown>([
    { ...good, more: MISFIT },
    { ...rest, [name]: MISFIT },
    { ...rest, [name]: draw.nonsense() },
    { ...rest, [`x.${name}`]: good[name] },
    draw.pick([null, [], new Map(), 3, new Uint8Array(3)]),
  ]);
  const codes: LSTMErrorCode[] = ["STATE_DICT", "SHAPE_MISMATCH", "DTYPE"];
  subject.refuses("a wrong state dict", codes, () => subject.module.loadStateDict(given as never));
  subject.refuses("wrong options", ["OPTION"], () =>
    subject.module.loadStateDict(good, draw.pick([{ strict: 1 }, { prefix: 3 }, { stricct: false }, null]) as never),
  );
}

/** Writes into an array that was kept of a parameter, perhaps long ago, or of a disposed one. */
export function writeKept(subject: Subject, draw: Draw): void {
  if (subject.disposed) {
    for (const array of [...subject.keptData.values(), ...subject.keptGrads.values()])
      array.fill(draw.pick([NaN, 1e30]));
    return;
  }
  const chosen = parameter(subject, draw);
  if (chosen === undefined) return;
  const { index, of } = chosen;
  if (draw.chance(0.5)) {
    const { grad } = of;
    if ((grad === null) !== (subject.grads[index] === null)) fail(`the gradient is ${grad}`);
    if (grad === null) return;
    subject.keptGrads.set(index, grad);
    const values = draw.values(grad.length);
    grad.set(values);
    subject.grads[index] = values;
    return;
  }
  const kept = subject.keptData.get(index) ?? of.data;
  subject.keptData.set(index, kept);
  kept.set(draw.values(kept.length));
  subject.wrote(index, kept);
  // In training mode it counts at once, else from the next time that data is read.
  if (!subject.training && of.data !== kept) fail("parameter.data is another array");
}

export function set(subject: Subject, draw: Draw): void {
  const chosen = parameter(subject, draw);
  if (chosen === undefined) return;
  const { index, of } = chosen;
  const tensor = draw.tensor(of.shape);
  subject.refuses("parameter.set", ["SHAPE_MISMATCH", "DTYPE"], () =>
    of.set(draw.pick([MISFIT, draw.nonsense() as never])),
  );
  of.set(draw.dressed(tensor) as Tensor);
  subject.wrote(index, tensor.data);
  if (draw.chance(0.3)) {
    of.zeroGrad();
    subject.grads[index]?.fill(0);
  }
  subject.check();
}

export function badOptions(draw: Draw): void {
  const bad = draw.pick([0, -1, 0.5, NaN, Infinity, "3", null, 2 ** 31, {}, [4], true]);
  const name = draw.pick([
    "inputSize",
    "hiddenSize",
    "numLayers",
    "projSize",
    "dropout",
    "seed",
    "checkpointEvery",
    "bias",
    "units",
  ]);
  const sound =
    (name === "bias" && bad === true) || (bad === 0 && /^(projSize|dropout|seed|checkpointEvery)$/.test(name));
  if (sound || (name === "seed" && bad === 2 ** 31) || (name === "dropout" && bad === 0.5)) return;
  const options = { inputSize: 3, hiddenSize: 4, [name]: bad };
  for (const Stack of [LSTM, GRU, RNN]) {
    expectRefusal(`new ${Stack.name} with ${name} ${String(bad)}`, ["OPTION"], () => new Stack(options as never));
  }
  expectRefusal("new LSTM without options", ["OPTION"], () => new LSTM(bad as never));
  expectRefusal("a Sequential of what is no module", ["OPTION"], () => new Sequential([bad as never]));
  expectRefusal("an optimiser of what is no parameter", ["OPTION"], () => new Adam([bad] as never));
}

export function trace(subject: Subject, draw: Draw): void {
  const { module } = subject;
  if (!isStack(module)) return;
  const [input, state] = subject.kind.inputs(draw) as [Tensor, undefined];
  const twin = subject.twin(undefined, undefined, false);
  const traced = (stack: unknown) => (stack as LSTM).trace(input, state);
  expectSame("trace", traced(module), traced(twin));
  twin.dispose();
  subject.check();
  const only = draw.pick([["x"], 3, [3], "c"]) as never;
  subject.refuses("trace", ["OPTION"], () => (module as LSTM).trace(input, state, { only }));
}
