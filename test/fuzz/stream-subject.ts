/** A stream under test beside its model: the state that it must have, from forwards of fresh layers. */
import type { GRUStream, LSTMErrorCode, LSTMStream, Tensor } from "lstm-wasm";
import { forward, type Stack } from "../support/cells.js";
import { attempt, expectRefusal, expectSame, fail } from "./compare.js";
import { copied, type Draw, scribble } from "./draw.js";
import { badTensor, MISFIT } from "./kind.js";
import type { Subject } from "./subject.js";

export class StreamSubject {
  readonly stream: LSTMStream | GRUStream;
  readonly batch: number;
  /** By name: h, and of an LSTM c. */
  state: Record<string, Tensor>;
  disposed = false;
  /** Arrays that JavaScript keeps. */
  input: Float32Array;
  #output: Float32Array | undefined;

  constructor(
    readonly owner: Subject,
    readonly number: number,
    batch: number,
  ) {
    this.batch = batch;
    this.stream = this.#stack.stream({ batchSize: batch });
    this.input = this.stream.input;
    this.state = this.stream.state;
    const values = [...Object.values(this.state).map(({ data }) => data), this.input];
    if (!values.every((data) => data.every((value) => Object.is(value, 0)))) fail("a new stream is not zeros");
  }

  get #stack(): Stack {
    return this.owner.module as unknown as Stack;
  }

  get dead(): boolean {
    return this.disposed || this.owner.disposed;
  }

  toString(): string {
    return `stream ${this.number} of #${this.owner.number}, batch ${this.batch}`;
  }

  /** One step, through an argument or through `input`. */
  step(draw: Draw, call?: () => void): void {
    const x = draw.tensor([this.batch, this.#stack.inputSize], draw.chance(0.05));
    const plain = copied(x);
    let given = draw.pick<() => unknown>([() => x.data, () => draw.dressed(x)])();
    if (call !== undefined) given = draw.dressed(x, call);
    const viaInput = call === undefined && draw.chance(0.3);
    if (viaInput) this.input.set(x.data);
    let output: Float32Array | undefined;
    const run = () => {
      output = viaInput ? this.stream.step() : this.stream.step(given as Tensor);
    };
    const error = attempt(run);
    if (this.dead) return void (error?.code === "DISPOSED" || fail("step of a disposed stream"));
    if (error !== undefined) throw error;
    if (this.#output !== undefined && this.#output !== output) fail("step returned another array");
    this.#output = output as Float32Array;
    if (this.stream.input !== this.input) fail("input is another array");
    const expected = this.#advance(plain, 1);
    expectSame("step", output, expected.data);
    if (draw.chance(0.1)) scribble(output);
    this.check();
  }

  /** Many steps at once. */
  run(draw: Draw, call?: () => void): void {
    const steps = draw.int(draw.chance(0.1) ? 0 : 1, 6);
    const xs = draw.tensor([steps, this.batch, this.#stack.inputSize]);
    const plain = copied(xs);
    const flat = this.batch === 1 && draw.chance(0.5);
    const given = flat ? xs.reshape([steps, this.#stack.inputSize]) : xs;
    let output: Tensor | undefined;
    const error = attempt(() => {
      output = this.stream.run(draw.dressed(given, call) as Tensor);
    });
    if (this.dead) return void (error?.code === "DISPOSED" || fail("run of a disposed stream"));
    if (error !== undefined) throw error;
    const expected = this.#advance(plain, steps);
    expectSame("run", output, flat ? expected.reshape([steps, expected.shape[2] as number]) : expected);
    this.check();
  }

  /** Brings the model on by some steps; returns the outputs, (steps, batch, columns). */
  #advance(xs: Tensor, steps: number): Tensor {
    const twin = this.owner.twin(undefined, undefined, false) as unknown as Stack;
    const shape = twin.batchFirst ? [this.batch, steps, twin.inputSize] : [steps, this.batch, twin.inputSize];
    const input = twin.batchFirst ? turned(xs, steps, this.batch) : xs;
    const names = Object.keys(this.state);
    const [output, last] = forward(twin, input.reshape(shape), Object.values(this.state));
    twin.dispose();
    this.state = Object.fromEntries(last.map((tensor, index) => [names[index], tensor]));
    const columns = output.shape[2] as number;
    const rows = twin.batchFirst ? turned(output, this.batch, steps) : output;
    return rows.reshape([steps, this.batch, columns]);
  }

  anotherState(draw: Draw): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(this.state).map(([name, { shape }]) => [name, draw.tensor(shape)]));
  }

  setState(state: Record<string, Tensor>, draw: Draw): void {
    const dressed = Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, draw.dressed(tensor)]));
    const error = attempt(() => {
      this.stream.state = dressed as never;
    });
    if (this.dead) return void (error?.code === "DISPOSED" || fail("state of a disposed stream"));
    if (error !== undefined) throw error;
    this.state = copied(state);
    this.check();
  }

  reset(draw: Draw): void {
    const rows = draw.chance(0.4) ? undefined : [...Array(this.batch).keys()].filter(() => draw.chance(0.5));
    const given = rows?.length === 1 && draw.chance(0.5) ? rows[0] : rows;
    const error = attempt(() => this.stream.reset(given));
    if (this.dead) return void (error?.code === "DISPOSED" || fail("reset of a disposed stream"));
    if (error !== undefined) throw error;
    for (const { data, shape } of Object.values(this.state)) {
      const columns = shape[2] as number;
      for (let i = 0; i < data.length; i++) {
        const row = Math.floor(i / columns) % this.batch;
        if (rows === undefined || rows.includes(row)) data[i] = 0;
      }
    }
    this.check();
  }

  /** Something that must be refused. */
  bad(draw: Draw): void {
    const { stream, batch } = this;
    const shapes: LSTMErrorCode[] = ["SHAPE_MISMATCH", "DTYPE"];
    const { inputSize } = this.#stack;
    const wrong = badTensor(draw, [batch, inputSize]).args[0] as Tensor;
    const row = draw.pick([batch, -1, 0.5, NaN, "0", null, {}]) as number;
    const set = (state: unknown) => () => {
      stream.state = state as never;
    };
    const [what, codes, action] = draw.pick<[string, LSTMErrorCode[], () => unknown]>([
      ["step", shapes, () => stream.step(wrong)],
      ["step of too few values", shapes, () => stream.step(new Float32Array(batch * inputSize + 1))],
      ["run", shapes, () => stream.run(draw.pick([wrong, MISFIT, undefined as never]))],
      ["a state without h", shapes, set({ ...this.state, h: undefined })],
      ["a wrong state", shapes, set({ ...this.state, h: MISFIT })],
      ["a state that is none", ["OPTION", ...shapes], set(draw.pick([null, 3, [], { ...this.state, x: 1 }]))],
      ["reset", ["OPTION"], () => stream.reset(row)],
      ["reset of rows", ["OPTION"], () => stream.reset([0, row])],
    ]);
    expectRefusal(`${what} of a stream`, this.dead ? ["DISPOSED", ...codes] : codes, action);
    this.check();
  }

  check(): void {
    if (this.dead) return void expectRefusal("a disposed stream", ["DISPOSED"], () => this.stream.state);
    expectSame("stream.state", { ...this.stream.state }, this.state);
  }

  dispose(): void {
    this.stream.dispose();
    this.disposed = true;
  }
}

/** (a, b, columns) as (b, a, columns), one after the other. */
function turned(tensor: Tensor, a: number, b: number): Tensor {
  const columns = tensor.shape.at(-1) as number;
  const result = copied(tensor);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) {
      const from = (i * b + j) * columns;
      result.data.set(tensor.data.subarray(from, from + columns), (j * a + i) * columns);
    }
  return result;
}
