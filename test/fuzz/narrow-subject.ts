/**
 * A module with integer weights, made of one under test: what it computes must be what a fresh one of the same integers computes,
 * also after they went through a file.
 */
import { GRU, LSTM, RNN, Tensor } from "lstm-wasm";
import { dequantize, Embedding, Linear, quantize } from "lstm-wasm/nn";
import { load, save } from "lstm-wasm/safetensors";
import { isStack, modeOf, type Stack } from "../support/cells.js";
import { attempt, expectRefusal, expectSame, fail } from "./compare.js";
import { copied, type Draw } from "./draw.js";
import type { AnyModule, Kind } from "./kind.js";
import { changed } from "./saved.js";
import type { Subject } from "./subject.js";

type Weights = "int8" | "int16";

export class NarrowSubject {
  readonly module: AnyModule;
  readonly #kind: Kind;
  readonly #weights: Weights;
  readonly #values: Record<string, Tensor>;
  disposed = false;

  constructor(
    subject: Subject,
    readonly number: number,
    draw: Draw,
  ) {
    this.#kind = subject.kind;
    this.#weights = draw.pick(["int8", "int16"]);
    this.module = quantize(subject.module, { weights: this.#weights });
    this.#values = this.module.stateDict();
    subject.check();
  }

  toString(): string {
    return `${this.#weights} ${this.number} of ${this.#kind.name}`;
  }

  /** A module of the same integers, by another way: of their values, which give the same scales again. */
  #twin(): AnyModule {
    const float = dequantize(this.module);
    const twin = quantize(float, { weights: this.#weights });
    float.dispose();
    return twin;
  }

  forward(draw: Draw): void {
    const inputs = this.#kind.inputs(draw);
    const plain = copied(inputs);
    const run = () => this.module.forward(...inputs.map((each) => draw.dressed(each)));
    if (this.disposed) return void expectRefusal("forward of a disposed module", ["DISPOSED"], run);
    if (this.#kind.broken) return void expectRefusal("forward of a chain that does not fit", ["SHAPE_MISMATCH"], run);
    const result = run();
    const twin = this.#twin();
    expectSame("forward with integer weights", result, twin.forward(...plain));
    twin.dispose();
    this.check();
  }

  /** Step by step as at once. */
  step(draw: Draw): void {
    const { module } = this;
    if (this.disposed || !isStack(module) || module.bidirectional) return;
    const [steps, batch] = [draw.int(1, 5), draw.int(1, 4)];
    const x = draw.tensor([steps, batch, module.inputSize]);
    const stack = module as unknown as Stack;
    const stream = stack.stream({ batchSize: batch });
    const rows = Array.from({ length: steps }, (_, t) => stream.step(x.select(0, t).data).slice());
    stream.dispose();
    const whole = (stack as LSTM).forward(module.batchFirst ? turned(x) : x)[0];
    const output = module.batchFirst ? turned(whole) : whole;
    for (const [t, row] of rows.entries()) expectSame(`step ${t} with integer weights`, row, output.select(0, t).data);
  }

  /** What integers do not have is refused, and changes nothing. */
  refuse(draw: Draw): void {
    const { module } = this;
    const read = () => module.stateDict();
    const hasTensors = Object.keys(this.#values).length > 0;
    if (this.disposed) return void (hasTensors && expectRefusal("stateDict of a disposed module", ["DISPOSED"], read));
    const { what, args, codes } = this.#kind.badInputs(draw);
    expectRefusal(what, codes, () => module.forward(...args));
    const integers = Object.keys(this.#values).find((name) => this.#values[name]?.quantization);
    const [, matrix] = module.namedParameters().find(([name]) => name === integers) ?? [];
    if (matrix === undefined) return;
    expectRefusal("train", ["QUANTIZED"], () => module.train());
    expectRefusal("data", ["QUANTIZED"], () => matrix.data);
    expectRefusal("set", ["QUANTIZED"], () => matrix.set(draw.tensor(matrix.shape)));
    expectRefusal("loadStateDict", ["QUANTIZED"], () => module.loadStateDict(this.#values));
    this.check();
  }

  /** Through a file, whole or changed: the same integers, or others that are sound, or a refusal. */
  file(draw: Draw): void {
    if (this.disposed || Object.keys(this.#values).length === 0) return;
    const error = attempt(() => save(this.#values));
    const bad = Object.values(this.#values).some(
      ({ quantization, data }) => quantization && !data.every(Number.isFinite),
    );
    if (error !== undefined) return void ((bad && error.code === "FILE") || fail(`save: ${error.message}`));
    if (bad) fail("save took a weight that is not finite");
    const bytes = save(this.#values);
    const read = load(bytes); // in the order of the names
    for (const [name, value] of Object.entries(this.#values)) expectSame(name, read[name], value);
    const { module } = this;
    const again = this.#made(bytes);
    if (again !== undefined) {
      expectSame("a file of the module of a file", save(again.stateDict()), bytes);
      again.dispose();
    }
    let other: AnyModule | undefined;
    const refused = attempt(() => {
      other = this.#made(changed(bytes, draw));
    });
    if (refused !== undefined && !["FILE", "STATE_DICT", "OPTION", "OUT_OF_MEMORY"].includes(refused.code))
      throw refused;
    if (other === undefined) return;
    // What was taken runs, and its weights are finite where they are integers.
    for (const [name, { quantization, data }] of Object.entries(other.stateDict()))
      if (quantization && !data.every(Number.isFinite)) fail(`${name} of a changed file is not finite`);
    other.dispose();
    if (module.training) fail("it trains");
  }

  /** A module of a file, of the kinds that tell their options. */
  #made(bytes: Uint8Array): AnyModule | undefined {
    const { module } = this;
    const dict = load(bytes);
    if (module instanceof Linear) return Linear.fromStateDict(dict) as AnyModule;
    if (module instanceof Embedding) return Embedding.fromStateDict(dict) as AnyModule;
    if (!isStack(module)) return undefined;
    const mode = modeOf(module as unknown as Stack);
    if (mode === "LSTM") return LSTM.fromStateDict(dict) as unknown as AnyModule;
    if (mode === "GRU") return GRU.fromStateDict(dict) as unknown as AnyModule;
    return RNN.fromStateDict(dict, { nonlinearity: mode === "RNN_TANH" ? "tanh" : "relu" }) as unknown as AnyModule;
  }

  check(): void {
    if (!this.disposed) expectSame("integer weights", this.module.stateDict(), this.#values);
  }

  dispose(): void {
    this.module.dispose();
    this.disposed = true;
  }
}

/** The first two dimensions the other way round. */
function turned(x: Tensor): Tensor {
  const [rows = 0, columns = 0, width = 0] = x.shape;
  const turned = Tensor.zeros([columns, rows, width]);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      turned.data.set(
        x.data.subarray((r * columns + c) * width, (r * columns + c + 1) * width),
        (c * rows + r) * width,
      );
  return turned;
}
