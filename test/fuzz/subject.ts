/**
 * A module under test beside a model of it: what its parameters, gradients, masks and waiting forwards must be. Each call
 * is repeated by a fresh module with the model's weights, which must give the same bits: no history may show in a result.
 */
import { LSTMCell, type LSTMErrorCode, type Tensor } from "lstm-wasm";
import { Module, Parameter, Sequential } from "lstm-wasm/nn";
import { isCell, isStack } from "../support/cells.js";
import { attempt, expectRefusal, expectSame, fail, sameValues } from "./compare.js";
import { copied, type Draw, scribble } from "./draw.js";
import { expectReference, expectSlope } from "./expected.js";
import { type AnyModule, decisive, type Kind, MISFIT } from "./kind.js";

type Masks = { seed: number; call: number };

/** A training forward that waits for its backward, and all that it depends on. */
interface Waiting {
  readonly inputs: readonly unknown[];
  readonly result: unknown;
  readonly name: object | undefined;
  readonly weights: readonly Float32Array[];
  readonly masks: Masks[];
  /** Whether parameters were written since. */
  touched: boolean;
}

export class Subject {
  readonly module: AnyModule;
  weights: Float32Array[];
  grads: (Float32Array | null)[];
  masks: Masks[];
  waiting: Waiting[] = [];
  training = false;
  disposed = false;
  /** Arrays that JavaScript keeps, by parameter: values and gradients. */
  readonly keptData = new Map<number, Float32Array>();
  readonly keptGrads = new Map<number, Float32Array>();
  readonly #decisive: readonly boolean[];

  constructor(
    readonly kind: Kind,
    readonly number: number,
  ) {
    this.module = kind.make();
    this.weights = this.module.parameters().map(({ name, data }) => data?.slice() ?? fail(`${name} has no data`));
    this.grads = this.module.parameters().map(({ grad }) => grad?.slice() ?? null);
    this.masks = masksOf(this.module);
    this.#decisive = decisive(this.module);
  }

  toString(): string {
    return `#${this.number} ${this.kind.name}`;
  }

  /** A fresh module with these weights and masks. */
  twin(
    weights: readonly Float32Array[] = this.weights,
    masks: readonly Masks[] = this.masks,
    training = this.training,
  ): AnyModule {
    const twin = this.kind.make();
    for (const [index, parameter] of twin.parameters().entries()) {
      parameter.set({ data: weights[index] as Float32Array, shape: parameter.shape });
    }
    setMasks(twin, masks);
    return twin.train(training);
  }

  /** A forward; `call` is called while the module reads its input. */
  forward(draw: Draw, call?: () => void): void {
    this.#forward(this.kind.inputs(draw), draw, call, undefined);
  }

  /** A forward over the inputs of one that waits, written into its result. */
  forwardInto(draw: Draw): void {
    const earlier = isStack(this.module) && this.waiting.length > 0 && draw.pick(this.waiting);
    if (earlier) this.#forward(copied([...earlier.inputs]), draw, undefined, earlier.result);
  }

  #forward(inputs: unknown[], draw: Draw, call: (() => void) | undefined, out: unknown) {
    const plain = copied(inputs);
    const dressed = call === undefined && draw.chance(0.5) ? inputs : inputs.map((each) => draw.dressed(each, call));
    let result: unknown;
    const run = () => {
      result = this.module.forward(...dressed, ...(out === undefined ? [] : [{ out }]));
    };
    if (this.disposed) return void expectRefusal("forward of a disposed module", ["DISPOSED"], run);
    if (this.kind.broken) {
      const codes: LSTMErrorCode[] = call === undefined ? ["SHAPE_MISMATCH"] : ["SHAPE_MISMATCH", "DISPOSED"];
      return this.refuses("forward of a chain that does not fit", codes, run);
    }
    const error = attempt(run);
    // What was called may have disposed it.
    if (this.disposed) return void (error?.code === "DISPOSED" || fail("forward went on after dispose"));
    if (error !== undefined) throw error;
    if (out !== undefined && result !== out) fail("forward did not return out");

    const twin = this.twin();
    const expected = twin.forward(...plain);
    expectSame("forward", result, expected);
    if (isStack(twin)) expectReference(twin, plain, result, this.training ? this.masks[0] : undefined);
    if (this.training) {
      const { weights, masks } = this;
      const name = this.kind.nameOf(result);
      this.waiting.push({ inputs: plain, result, name, weights: weights.slice(), masks, touched: false });
      this.grads = this.grads.map((grad, index) => grad ?? new Float32Array((weights[index] as Float32Array).length));
    }
    this.masks = masksOf(twin);
    twin.dispose();
    // What goes in and comes out is the caller's.
    if (draw.chance(0.2)) scribble(inputs);
    if (draw.chance(0.2)) scribble(result);
  }

  /** A backward through one of the waiting forwards, named or not. */
  backward(draw: Draw, call?: () => void) {
    const chosen = this.waiting.length > 0 ? draw.pick(this.waiting) : undefined;
    const named = chosen?.name !== undefined && draw.chance(0.8);
    // A cell goes back through its steps in reverse.
    const target = isCell(this.module) ? this.waiting.at(-1) : chosen;
    const gradients = target === undefined ? [MISFIT] : this.kind.gradients(draw, target.result);
    const plain = copied(gradients);
    const dressed = gradients.map((each) => draw.dressed(each, call));
    let result: unknown;
    const run = () => {
      result = this.kind.backward(this.module, dressed, named ? target?.name : undefined);
    };
    if (this.disposed) return void expectRefusal("backward of a disposed module", ["DISPOSED"], run);
    if (target === undefined) return this.refuses("backward without a forward", ["NO_FORWARD"], run);
    const codes = this.#refusals(target, named);
    if (codes.sure) return this.refuses("backward", call ? [...codes.sure, "DISPOSED"] : codes.sure, run);
    const error = attempt(run);
    if (this.disposed) return void (error?.code === "DISPOSED" || fail("backward went on after dispose"));
    const { sure, stale } = this.#refusals(target, true);
    if (error?.code === "STALE_FORWARD" && (sure || stale)) return this.check();
    if (sure && this.waiting.includes(target)) fail("went back with other weights");
    // What was called may have gone back itself, or made a step that a cell must go back through first.
    const gone = !this.waiting.includes(target) || (isCell(this.module) && this.waiting.at(-1) !== target);
    if (error?.code === "NO_FORWARD" && call !== undefined && gone) return this.check();
    if (error !== undefined) throw error;
    this.#expectBackward(target, plain, result, draw);
  }

  #expectBackward(target: Waiting, gradients: readonly unknown[], result: unknown, draw: Draw): void {
    const { inputs, weights, masks } = target;
    const twin = this.twin(weights, masks, true);
    const output = twin.forward(...inputs);
    for (const [index, { grad }] of twin.parameters().entries()) grad?.set(this.grads[index] as Float32Array);
    const expected = this.kind.backward(twin, gradients, this.kind.nameOf(output));
    expectSame("backward", result, expected);
    this.grads = twin.parameters().map(({ grad }) => (grad as Float32Array).slice());
    const { module } = this;
    if (isStack(module) && isStack(twin)) {
      if (draw.chance(0.3)) expectSame("gradientNorms", module.gradientNorms(), twin.gradientNorms());
      if (draw.chance(0.1)) expectSlope(twin, inputs, gradients, masks[0], draw);
    }
    twin.dispose();
    this.waiting = this.waiting.filter((each) => each !== target);
    this.#checkGrads();
    if (draw.chance(0.1)) scribble(result);
  }

  /** With which codes a backward through a waiting forward must be refused, and whether it may be. */
  #refusals(target: Waiting, named: boolean): { sure?: LSTMErrorCode[]; stale: boolean } {
    const sure: LSTMErrorCode[] = ["STALE_FORWARD"];
    const cell = isCell(this.module);
    const alike = this.waiting.filter(({ name }) => !named || name === target.name);
    if (!cell && alike.length > 1) return { sure, stale: true };
    const changed = target.weights.some((values, index) => !sameValues(values, this.weights[index] as Float32Array));
    const wrong = target.weights.some(
      (values, index) => this.#decisive[index] && !sameValues(values, this.weights[index] as Float32Array),
    );
    return wrong ? { sure, stale: true } : { stale: changed || target.touched };
  }

  /** Runs what must be refused, and looks whether anything has changed. */
  refuses(what: string, codes: readonly LSTMErrorCode[], action: () => unknown): void {
    expectRefusal(what, this.disposed ? ["DISPOSED", ...codes] : codes, action);
    // In a chain, modules in front of the one that refused have had their forward, and gradients of zeros since.
    if (this.module instanceof Sequential && this.training && !this.disposed) {
      const grads = this.module.parameters().map(({ grad }) => grad);
      this.grads = this.grads.map((grad, index) => grad ?? grads[index]?.slice() ?? null);
    }
    this.check();
  }

  /** Holds everything that can be seen of the module to the model. */
  check(): void {
    const { module } = this;
    if (this.disposed) return void expectRefusal("a disposed module", ["DISPOSED"], () => this.module.forward(MISFIT));
    expectSame(
      "parameters",
      Object.values(module.stateDict()).map(({ data }) => data),
      this.weights,
    );
    for (const [index, data] of this.keptData) expectSame("a kept parameter.data", data, this.weights[index]);
    this.#checkGrads();
    if (module.training !== this.training) fail(`training is ${module.training}`);
    expectSame("masks", masksOf(module), this.masks);
    this.#checkWaiting();
  }

  #checkGrads(): void {
    for (const [index, data] of this.keptGrads) expectSame("a kept parameter.grad", data, this.grads[index]);
    // To ask for a gradient makes the module copy it ever after, so some never are asked.
    if (this.number % 2 === 0) return;
    for (const [index, { grad }] of this.module.parameters().entries()) {
      if ((grad === null) !== (this.grads[index] === null)) fail(`the gradient of parameter ${index} is ${grad}`);
      expectSame("gradients", grad, this.grads[index]);
    }
  }

  /** A backward with a gradient that fits nowhere tells whether its forward waits, and changes nothing. */
  #checkWaiting(): void {
    const probe = (of: object | undefined) =>
      this.kind.backward(this.module, [this.module instanceof LSTMCell ? [MISFIT] : MISFIT], of);
    if (this.waiting.length === 0) return void expectRefusal("backward", ["NO_FORWARD"], () => probe(undefined));
    for (const waiting of this.waiting) {
      if (isCell(this.module) && waiting !== this.waiting.at(-1)) continue;
      const { sure, stale } = this.#refusals(waiting, waiting.name !== undefined);
      const codes: LSTMErrorCode[] = sure ?? (stale ? ["SHAPE_MISMATCH", "STALE_FORWARD"] : ["SHAPE_MISMATCH"]);
      expectRefusal("a backward of the wrong shape", codes, () => probe(waiting.name));
    }
    if (isCell(this.module)) return;
    const codes: LSTMErrorCode[] = ["NO_FORWARD"];
    expectRefusal("a backward of an unknown forward", codes, () => probe({}));
  }

  /** Gives a parameter new values. */
  rewrite(draw: Draw): void {
    const parameters = this.module.parameters();
    if (parameters.length === 0) return;
    const index = draw.int(0, parameters.length - 1);
    const parameter = parameters[index] as Parameter;
    const tensor = draw.tensor(parameter.shape);
    parameter.set(draw.dressed(tensor) as Tensor);
    this.wrote(index, tensor.data);
  }

  /** Notes that parameters were written. */
  wrote(index: number, values: Float32Array): void {
    this.weights[index] = values.slice();
    for (const waiting of this.waiting) waiting.touched = true;
  }

  setMode(training: boolean): void {
    this.module.train(training);
    this.training = training;
    if (!training) this.waiting = [];
  }

  dispose(): void {
    this.module.dispose();
    this.disposed = true;
    this.waiting = [];
  }
}

/** The modules in a module that draw masks, in order. */
function droppers(module: Module): { dropoutDraw: Masks }[] {
  if (module instanceof Sequential) return module.namedChildren().flatMap(([, child]) => droppers(child));
  return "dropoutDraw" in module ? [module as Module & { dropoutDraw: Masks }] : [];
}

export const masksOf = (module: Module): Masks[] => droppers(module).map(({ dropoutDraw }) => dropoutDraw);

export function setMasks(module: Module, masks: readonly Masks[]): void {
  for (const [index, dropper] of droppers(module).entries()) dropper.dropoutDraw = masks[index] as Masks;
}

/** A module of nothing but a parameter with these values and gradient, to try an optimiser on. */
export class Lone extends Module {
  readonly parameter: Parameter;

  constructor(values: Float32Array, grad: Float32Array) {
    super();
    this.parameter = new Parameter(values);
    this.parameter.grad?.set(grad);
  }
}
