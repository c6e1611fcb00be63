/** What the fuzzer must know of a kind of module: how to make one, and what its methods take and refuse. */
import { type LSTMErrorCode, PackedSequence, Tensor } from "lstm-wasm";
import { Linear, type Module } from "lstm-wasm/nn";
import { type AnyOptions, cellOf, held, isCell, isStack, MODES, stackOf } from "../support/cells.js";
import type { Mode } from "../support/reference.js";
import type { Draw } from "./draw.js";

// biome-ignore lint/suspicious/noExplicitAny: every kind takes and returns something else
export type AnyModule = Module & { forward(...args: any[]): any; backward(...args: any[]): any };

/** Arguments that must be refused with one of these codes. */
export interface Bad {
  readonly what: string;
  readonly args: readonly unknown[];
  readonly codes: readonly LSTMErrorCode[];
}

export interface Kind {
  readonly name: string;
  /** A new module, always the same. */
  make(): AnyModule;
  /** Whether every forward is refused, by a module in the middle. */
  readonly broken?: boolean;
  /** Arguments of a forward, in their plainest form. */
  inputs(draw: Draw): unknown[];
  badInputs(draw: Draw): Bad;
  /** Arguments of a backward from this result of a forward. */
  gradients(draw: Draw, result: unknown): unknown[];
  badGradients(draw: Draw, result: unknown): Bad;
  /** The object that names a forward, if this kind has names for them. */
  nameOf(result: unknown): object | undefined;
  backward(module: AnyModule, gradients: readonly unknown[], of: object | undefined): unknown;
}

const TENSOR: readonly LSTMErrorCode[] = ["DTYPE", "SHAPE_MISMATCH"];

/** A tensor whose rank and columns fit nowhere. */
export const MISFIT = Tensor.zeros([1, 1, 1, 1, 1, 97]);

/** Something in the place of a tensor of this shape that is none, or another. */
export function badTensor(draw: Draw, shape: readonly number[]): Bad {
  const codes = TENSOR;
  const longer = shape.map((length, d) => (d === shape.length - 1 ? length + 1 : length));
  const choice = draw.int(0, 3);
  if (choice === 0) return { what: "a last dimension too long", args: [draw.tensor(longer)], codes };
  if (choice === 1) return { what: "six dimensions", args: [MISFIT], codes };
  const more = shape.map((length, d) => (d === 0 ? length + 1 : length));
  if (choice === 2) return { what: "a shape reassigned", args: [reassigned(draw.tensor(shape), more)], codes };
  return { what: "no tensor", args: [draw.nonsense()], codes };
}

/** A tensor after JavaScript wrote another shape over its own, or an object like it where that cannot be. */
function reassigned(tensor: Tensor, shape: readonly number[]): unknown {
  try {
    (tensor as { shape: unknown }).shape = shape;
    return tensor;
  } catch {
    return { data: tensor.data, shape };
  }
}

/** Random layers of any cell with all their options; an LSTM is as likely as not. */
export function stackOptions(draw: Draw): AnyOptions & { projSize: number } {
  const hiddenSize = draw.int(1, 9);
  const numLayers = draw.int(1, 3);
  const mode = draw.pick<Mode>(["LSTM", "LSTM", ...MODES]);
  return {
    mode,
    inputSize: draw.int(1, 7),
    hiddenSize,
    numLayers,
    bias: draw.chance(0.8),
    batchFirst: draw.chance(0.3),
    bidirectional: draw.chance(0.4),
    projSize: mode === "LSTM" && draw.chance(0.3) ? draw.int(0, hiddenSize - 1) : 0,
    dropout: numLayers > 1 && draw.chance(0.3) ? draw.pick([0.2, 0.5, 1]) : 0,
    checkpointEvery: draw.chance(0.3) ? draw.int(1, 5) : 0,
    seed: draw.seed(),
  };
}

/** The states of what a forward returned. */
export const statesOf = (result: unknown): Tensor[] => [(result as [unknown, Tensor | Tensor[]])[1]].flat();

export function stackKind(draw: Draw): Kind {
  const options = stackOptions(draw);
  const { mode, inputSize, hiddenSize, numLayers = 1, bidirectional, projSize, batchFirst } = options;
  const count = numLayers * (bidirectional ? 2 : 1);
  const widths = [projSize || hiddenSize, hiddenSize].slice(0, mode === "LSTM" ? 2 : 1);
  const state = (by: Draw, leading: readonly number[], wild = false) =>
    widths.map((width) => by.tensor([count, ...leading, width], wild));
  const sequences = (input: Tensor | PackedSequence): number[] => {
    if (input instanceof PackedSequence) return [input.batch];
    return input.shape.length === 2 ? [] : [input.shape[batchFirst ? 0 : 1] as number];
  };
  const padded = (by: Draw) => by.tensor([by.int(1, 4), by.int(1, 4), inputSize]);
  return {
    name: `${mode} ${JSON.stringify(options)}`,
    make: () => stackOf(options) as unknown as AnyModule,
    inputs(by) {
      const wild = by.chance(0.1);
      const form = by.int(0, 3);
      const [steps, batch] = [by.int(by.chance(0.1) ? 0 : 1, 7), by.int(by.chance(0.1) ? 0 : 1, 5)];
      let input: Tensor | PackedSequence = by.tensor([steps, batch, inputSize], wild);
      if (form === 0) input = by.tensor([steps, inputSize], wild);
      if (form === 1) input = by.packed(steps, batch, inputSize, wild);
      return [input, by.chance(0.5) ? held(state(by, sequences(input), wild)) : by.pick([undefined, null])];
    },
    badInputs(by) {
      const bad = badTensor(by, [2, inputSize]);
      const input = padded(by);
      const states = state(by, sequences(input));
      const [h, c] = states as [Tensor, Tensor?];
      const badState = (what: string, given: unknown, codes: readonly LSTMErrorCode[] = ["STATE"]): Bad => ({
        what,
        args: [input, given],
        codes,
      });
      const wrong = badTensor(by, h.shape).args[0] ?? 3;
      const ofLSTM = [
        () => badState("h0 without c0", [h, null]),
        () => badState("c0 without h0", [undefined, c]),
        () => badState("a state that is no array", by.pick([3, "h0", {}, h])),
        () => badState("a wrong h0", [wrong, c], ["STATE", ...TENSOR]),
        () => badState("a wrong c0", [h, badTensor(by, (c as Tensor).shape).args[0] ?? 3], ["STATE", ...TENSOR]),
      ];
      const ofOthers = [
        () => badState("the state of an LSTM", [h, h]),
        () => badState("a wrong h0", wrong, ["STATE", ...TENSOR]),
      ];
      return by.pick<() => Bad>([
        ...(c === undefined ? ofOthers : ofLSTM),
        () => bad,
        () => badState("h0 in an array", [h]),
        () => badState("three states", [h, h, h]),
        () => ({ what: "the state as two arguments", args: [input, h, h], codes: ["STATE", "OPTION"] }),
        () => ({ what: "no options", args: [input, null, by.pick([3, null, { of: 1 }, []])], codes: ["OPTION"] }),
        () => ({ what: "no out", args: [input, null, { out: by.pick([3, [], [h], null]) }], codes: ["OPTION"] }),
        () => ({
          what: "a misshapen out",
          args: [input, null, { out: [MISFIT, held(states)] }],
          codes: ["SHAPE_MISMATCH"],
        }),
        () => ({
          what: "packed rows that changed",
          args: [tampered(by.packed(3, 3, inputSize))],
          codes: ["LENGTHS", "SHAPE_MISMATCH"],
        }),
      ])();
    },
    gradients(by, result) {
      const [output] = result as [Tensor | PackedSequence];
      const [hn, cn] = statesOf(result) as [Tensor, Tensor?];
      const like = ({ shape }: Tensor) => by.tensor(shape);
      const ofState = by.pick([
        () => undefined,
        ...(cn === undefined
          ? [() => like(hn)]
          : [() => [like(hn), like(cn)], () => [null, like(cn)], () => [like(hn)]]),
      ])();
      if (ofState !== undefined && by.chance(0.2)) return [null, ofState];
      return [likeOutput(by, output), ofState];
    },
    badGradients(by, result) {
      const [output] = result as [Tensor | PackedSequence];
      const [hn, cn] = statesOf(result) as [Tensor, Tensor?];
      const good = likeOutput(by, output);
      const wrong = badTensor(by, hn.shape).args[0] ?? 3;
      const ofLSTM = [
        (): Bad => ({ what: "nothing", args: [null, by.pick([[], [null, undefined]])], codes: ["OPTION"] }),
        (): Bad => ({ what: "a state that is no array", args: [good, by.pick([3, {}, hn])], codes: ["STATE"] }),
        (): Bad => ({ what: "a wrong gradient of hn", args: [good, [wrong]], codes: TENSOR }),
      ];
      const ofOthers = [
        (): Bad => ({ what: "an LSTM's gradients", args: [good, [null, hn]], codes: ["STATE"] }),
        (): Bad => ({ what: "a wrong gradient of hn", args: [good, wrong], codes: ["STATE", ...TENSOR] }),
      ];
      return by.pick<() => Bad>([
        ...(cn === undefined ? ofOthers : ofLSTM),
        () => ({ what: "nothing", args: [null, by.pick([null, undefined])], codes: ["OPTION"] }),
        () => ({ what: "three states", args: [good, [null, null, null]], codes: ["STATE"] }),
        () => ({ what: "a misfit", args: [MISFIT], codes: TENSOR }),
        () => ({ what: "no gradient", args: [by.nonsense() ?? 3], codes: TENSOR }),
      ])();
    },
    nameOf: (result) => (result as [object])[0],
    backward: (module, [output, ofState], of) => module.backward(output, ofState, of && { of }),
  };
}

/** A gradient for an output, packed as that was. */
export function likeOutput(draw: Draw, output: Tensor | PackedSequence): Tensor | PackedSequence {
  if (output instanceof Tensor) return draw.tensor(output.shape);
  return new PackedSequence(draw.tensor(output.data.shape), output.batchSizes, output.sortedIndices);
}

/** A packed sequence whose batch sizes were written over. */
function tampered(packed: PackedSequence): PackedSequence {
  const { data, sortedIndices } = packed;
  const grown = new PackedSequence(data, packed.batchSizes.slice(), sortedIndices);
  if (grown.batchSizes.length > 0) grown.batchSizes[0] = 100;
  else return tampered(new PackedSequence(Tensor.zeros([1, data.shape[1] as number]), [1]));
  return grown;
}

export function cellKind(draw: Draw): Kind {
  const mode = draw.pick<Mode>(["LSTM", "LSTM", ...MODES]);
  const options = {
    mode,
    inputSize: draw.int(1, 6),
    hiddenSize: draw.int(1, 9),
    bias: draw.chance(0.8),
    seed: draw.seed(),
  };
  const { inputSize, hiddenSize } = options;
  const pair = mode === "LSTM";
  const leading = (by: Draw) => (by.chance(0.3) ? [] : [by.int(by.chance(0.1) ? 0 : 1, 4)]);
  return {
    name: `${mode} cell ${JSON.stringify(options)}`,
    make: () => cellOf(options) as unknown as AnyModule,
    inputs(by) {
      const rows = leading(by);
      const state = () => by.tensor([...rows, hiddenSize]);
      const states = pair ? [state(), state()] : [state()];
      return [by.tensor([...rows, inputSize], by.chance(0.1)), by.chance(0.6) ? held(states) : undefined];
    },
    badInputs(by) {
      const bad = badTensor(by, [2, inputSize]);
      const input = by.tensor([inputSize]);
      const h = by.tensor([hiddenSize]);
      const state = (given: unknown): Bad => ({
        what: "a wrong state",
        args: [input, given],
        codes: ["STATE", ...TENSOR],
      });
      const others = pair ? [] : [() => state([h, h]), () => state(MISFIT), () => state(by.nonsense() ?? 3)];
      return by.pick([
        () => bad,
        () => state([h]),
        () => state([h, MISFIT]),
        () => state([by.nonsense(), h]),
        ...others,
      ])();
    },
    gradients(by, result) {
      const [{ shape }] = [result as Tensor | Tensor[]].flat() as [Tensor];
      const like = () => by.tensor(shape);
      if (!pair) return [like()];
      return [by.pick([() => [like(), like()], () => [like()], () => [null, like()]])()];
    },
    badGradients: (by) => ({
      what: "a wrong gradient",
      // In a list, a number would be the right gradient of one unit.
      args: [by.pick([pair ? [] : [null], undefined, 3, [MISFIT], pair ? [by.nonsense()] : by.nonsense()])],
      codes: ["OPTION", "STATE", ...TENSOR],
    }),
    nameOf: () => undefined,
    backward: (module, [gradients]) => module.backward(gradients),
  };
}

/** Of each parameter, whether a backward is wrong, and must be refused, if it changed after its forward. */
export function decisive(module: Module): boolean[] {
  const weights = /^weight_(ih|hh|hr)/;
  if (isStack(module) || isCell(module)) return (module as Module).parameters().map(({ name }) => weights.test(name));
  if (module instanceof Linear) return module.parameters().map(({ name }) => name === "weight");
  const children = module.namedChildren().flatMap(([, child]) => decisive(child));
  return [
    ...module
      .parameters()
      .slice(children.length)
      .map(() => false),
    ...children,
  ];
}
