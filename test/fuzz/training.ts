/** Optimisers, clipping and checkpoints under test. Each parameter is also updated alone, by a fresh optimiser. */
import { Tensor } from "lstm-wasm";
import type { Parameter } from "lstm-wasm/nn";
import { Adam, AdamW, clipGradNorm, clipGradValue, type Optimizer, RMSprop, SGD } from "lstm-wasm/train";
import { attempt, expectRefusal, expectSame, fail } from "./compare.js";
import type { Draw } from "./draw.js";
import { Lone, type Subject } from "./subject.js";

type State = ReturnType<Optimizer["stateDict"]>;
type Group = { params: Parameter[]; lr?: number };

/** One parameter of a subject. */
export interface Place {
  readonly subject: Subject;
  readonly index: number;
}

export const placesOf = (subjects: readonly Subject[]): Place[] =>
  subjects.flatMap((subject) => subject.weights.map((_, index) => ({ subject, index })));

const parameterOf = ({ subject, index }: Place) => subject.module.parameters()[index] as Parameter;
const gradOf = ({ subject, index }: Place) => subject.grads[index] as Float32Array | null;

/** Holds all subjects of these places to their models. */
const checkAll = (places: readonly Place[]) => {
  for (const subject of new Set(places.map(({ subject }) => subject))) subject.check();
};

export class OptimizerSubject {
  readonly optimizer: Optimizer;
  readonly places: readonly Place[];
  readonly #make: (groups: Group[]) => Optimizer;
  state: State;
  disposed = false;

  constructor(
    readonly number: number,
    readonly subjects: readonly Subject[],
    draw: Draw,
  ) {
    this.places = placesOf(subjects);
    this.#make = rule(draw);
    const params = this.places.map(parameterOf);
    const cut = draw.chance(0.3) ? draw.int(0, params.length) : params.length;
    const rest = cut < params.length ? [{ params: params.slice(cut), lr: 0.05 }] : [];
    this.optimizer = this.#make([{ params: params.slice(0, cut) }, ...rest]);
    this.state = this.optimizer.stateDict();
  }

  toString(): string {
    return `optimiser ${this.number} ${this.disposed ? "(disposed)" : this.optimizer} of ${this.subjects.map(({ number }) => `#${number}`)}`;
  }

  get dead(): boolean {
    return this.disposed || this.places.some(({ subject }) => subject.disposed);
  }

  step() {
    if (this.dead) {
      expectRefusal("step of something disposed", ["DISPOSED"], () => this.optimizer.step());
      return this.check();
    }
    this.optimizer.step();
    const expected: State["state"] = {};
    for (const [number, place] of this.places.entries()) {
      const after = this.#alone(number, place);
      for (const [name, tensor] of Object.entries(after)) expected[`${number}.${name}`] = tensor;
    }
    this.state = { ...this.state, state: expected };
    this.check();
    checkAll(this.places);
  }

  /** The step of one parameter, by an optimiser of its own; returns what that then remembers. */
  #alone(number: number, place: Place): Record<string, Tensor> {
    const { subject, index } = place;
    const names = Object.keys(this.state.state).filter((name) => name.startsWith(`${number}.`));
    const own = names.map((name) => [name.slice(`${number}.`.length), this.state.state[name] as Tensor] as const);
    const grad = gradOf(place);
    if (grad === null) return Object.fromEntries(own);
    const values = subject.weights[index] as Float32Array;
    const lone = new Lone(values, grad);
    const optimizer = this.#make([{ params: lone.parameters() }]);
    const flat = own.map(([name, tensor]) => [`0.${name}`, name === "step" ? tensor : tensor.reshape([values.length])]);
    const { paramGroups } = this.state;
    const group = paramGroups.find(({ params }) => (params as number[]).includes(number));
    const state = Object.fromEntries(flat);
    optimizer.loadStateDict({ ...this.state, state, paramGroups: [{ ...group, params: [0] }] });
    optimizer.step();
    subject.wrote(index, lone.parameter.data);
    const after = optimizer.stateDict().state;
    optimizer.dispose();
    lone.dispose();
    return Object.fromEntries(own.map(([name, { shape }]) => [name, (after[`0.${name}`] as Tensor).reshape(shape)]));
  }

  zeroGrad() {
    if (this.dead)
      return void expectRefusal("zeroGrad of something disposed", ["DISPOSED"], () => this.optimizer.zeroGrad());
    this.optimizer.zeroGrad();
    for (const { subject, index } of this.places) subject.grads[index]?.fill(0);
    checkAll(this.places);
  }

  /** Takes its own state, or what must be refused. */
  load(draw: Draw) {
    if (this.disposed) return this.check();
    const { state, paramGroups } = this.state;
    const names = Object.keys(state);
    const cut = Object.fromEntries(names.slice(1).map((name) => [name, state[name] as Tensor]));
    const [first, steps] = [names[0] as string, names.find((name) => name.endsWith(".step")) as string];
    const group = { ...paramGroups[0] };
    const change = draw.pick<() => Record<string, unknown>>([
      () => ({ state: cut }),
      () => ({ state: { ...state, more: new Tensor([1]) } }),
      () => ({ state: { ...state, [first]: new Tensor([1, 2, 3, 4, 5, 6, 7]) } }),
      () => ({ state: { ...state, [first]: draw.nonsense() } }),
      () => ({ state: { ...state, [steps]: new Tensor([-1, 0]) } }),
      () => ({ state: null }),
      () => ({ paramGroups: draw.pick([null, {}, [], [group, group, group], [null]]) }),
      () => ({ paramGroups: [{ ...group, lr: draw.pick([-1, NaN, Infinity, "1", null]) }, ...paramGroups.slice(1)] }),
      () => ({ paramGroups: [{ ...group, params: draw.pick([[7000], "0", null, {}]) }, ...paramGroups.slice(1)] }),
      () => ({ paramGroups: [{ ...group, more: 1 }, ...paramGroups.slice(1)] }),
      () => ({ optimizer: draw.pick(["Other", null, 3]) }),
      () => ({ initialLrs: draw.pick([3, "1", ["1"], [NaN]]) }),
    ])();
    const wrong = { ...this.state, ...change };
    const codes = ["STATE_DICT", "OPTION", "SHAPE_MISMATCH", "DTYPE"] as const;
    expectRefusal("a wrong optimiser state", codes, () => this.optimizer.loadStateDict(wrong as never));
    this.check();
    this.optimizer.loadStateDict(this.state);
    this.check();
  }

  setRate(draw: Draw) {
    if (this.disposed) return this.check();
    expectRefusal("lr", ["OPTION"], () => {
      this.optimizer.lr = draw.pick([-1, NaN, Infinity, "0.1" as never]);
    });
    this.optimizer.lr = draw.pick([0, 0.01, 0.1]);
    const { lr } = this.optimizer;
    this.state = { ...this.state, paramGroups: this.state.paramGroups.map((group) => ({ ...group, lr })) };
    this.check();
  }

  check(): void {
    if (this.disposed)
      return void expectRefusal("a disposed optimiser", ["DISPOSED"], () => this.optimizer.stateDict());
    expectSame("the optimiser's state", this.optimizer.stateDict(), this.state);
  }

  dispose(): void {
    this.optimizer.dispose();
    this.disposed = true;
  }
}

/** An update rule with options of its own. */
function rule(draw: Draw): (groups: Group[]) => Optimizer {
  const lr = draw.pick([0, 0.01, 0.1]);
  const weightDecay = draw.pick([0, 0.1]);
  const momentum = draw.pick([0, 0.9]);
  const flag = draw.chance(0.5);
  return draw.pick<(groups: Group[]) => Optimizer>([
    (groups) => new SGD(groups, { lr, weightDecay, momentum, nesterov: flag && momentum > 0 }),
    (groups) => new Adam(groups, { lr, weightDecay, amsgrad: flag }),
    (groups) => new AdamW(groups, { lr, weightDecay, amsgrad: flag }),
    (groups) => new RMSprop(groups, { lr, weightDecay, momentum, centered: flag }),
  ]);
}

/** Clips the gradients of subjects, in norm or in value. */
export function clip(subjects: readonly Subject[], draw: Draw) {
  const places = placesOf(subjects);
  const limit = draw.pick([0, 0.01, 0.5, 100, Infinity]);
  const byNorm = draw.chance(0.6);
  const run = (parameters: Parameter[]) =>
    byNorm ? clipGradNorm(parameters, limit) : clipGradValue(parameters, limit);
  if (places.length === 0) return void expectRefusal("clip of nothing", ["OPTION"], () => run([]));
  const parameters = places.map(parameterOf);
  let norm: unknown;
  const error = attempt(() => {
    norm = run(parameters);
  });
  if (places.some(({ subject }) => subject.disposed)) {
    if (error?.code !== "DISPOSED") fail("clip of something disposed");
    return checkAll(places);
  }
  if (error !== undefined) throw error;
  // Alone, as parameters without modules; one without a gradient counts nothing.
  const graded = places.filter((place) => gradOf(place) !== null);
  const lone = graded.map((place) => new Lone(gradOf(place) as Float32Array, gradOf(place) as Float32Array));
  if (lone.length > 0) {
    const expected = run(lone.map(({ parameter }) => parameter));
    if (byNorm && !Object.is(norm, expected)) fail(`clipGradNorm returned ${norm}, expected ${expected}`);
    const squares = graded.reduce(
      (sum, place) => sum + (gradOf(place) as Float32Array).reduce((s, g) => s + g * g, 0),
      0,
    );
    if (
      byNorm &&
      Number.isFinite(squares) &&
      Math.abs((expected as number) - Math.sqrt(squares)) > 1e-6 * Math.sqrt(squares) + 1e-12
    )
      fail(`clipGradNorm returned ${expected}, the root of all squares is ${Math.sqrt(squares)}`);
  }
  for (const [number, { subject, index }] of graded.entries()) {
    subject.grads[index] = lone[number]?.parameter.grad?.slice() ?? null;
    lone[number]?.dispose();
  }
  checkAll(places);
}
