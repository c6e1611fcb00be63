/** Checkpoints under test: saved, loaded, and loaded after bytes were changed. */
import type { Tensor } from "lstm-wasm";
import { load } from "lstm-wasm/safetensors";
import { loadCheckpoint, saveCheckpoint } from "lstm-wasm/train";
import { attempt, fail, sameValues } from "./compare.js";
import type { Draw } from "./draw.js";
import { masksOf, type Subject } from "./subject.js";
import type { OptimizerSubject } from "./training.js";

const EXTRA = { epoch: 3, note: "ü", list: [1, null, { deep: true }] };

/** A checkpoint of a module, perhaps with the optimiser of it alone, and what it must hold. */
export class Saved {
  readonly bytes: Uint8Array;
  readonly #weights: readonly Float32Array[];
  readonly #masks;
  readonly #state: OptimizerSubject["state"] | undefined;

  constructor(
    readonly subject: Subject,
    readonly optimizer: OptimizerSubject | undefined,
  ) {
    this.bytes = saveCheckpoint({ ...this.#parts, extra: EXTRA });
    this.#weights = subject.weights.slice();
    this.#masks = subject.masks;
    this.#state = optimizer?.state;
  }

  get #parts() {
    const { subject, optimizer } = this;
    return { model: subject.module, optimizer: optimizer?.optimizer };
  }

  get dead(): boolean {
    return this.subject.disposed || (this.optimizer?.dead ?? false);
  }

  toString(): string {
    return `checkpoint of #${this.subject.number}${this.optimizer ? ` and optimiser ${this.optimizer.number}` : ""}`;
  }

  load() {
    const { subject, optimizer } = this;
    let extra: unknown;
    const error = attempt(() => {
      ({ extra } = loadCheckpoint(this.bytes, this.#parts));
    });
    if (this.dead) {
      if (error?.code !== "DISPOSED") fail("a checkpoint was loaded into something disposed");
      return this.#check();
    }
    if (error !== undefined) throw error;
    if (JSON.stringify(extra) !== JSON.stringify(EXTRA)) fail(`extra came back as ${JSON.stringify(extra)}`);
    for (const [index, values] of this.#weights.entries()) subject.wrote(index, values);
    subject.masks = this.#masks;
    subject.waiting = [];
    if (optimizer && this.#state) optimizer.state = this.#state;
    this.#check();
  }

  /** Loads bytes that were changed: they are refused and nothing has changed, or taken as they are. */
  loadChanged(draw: Draw) {
    const { subject, optimizer } = this;
    const bytes = changed(this.bytes, draw);
    const error = attempt(() => loadCheckpoint(bytes, this.#parts));
    if (error !== undefined || this.dead) return this.#check();
    const tensors = load(bytes);
    const names = Object.keys(subject.module.stateDict());
    for (const [index, name] of names.entries()) subject.wrote(index, (tensors[`model.${name}`] as Tensor).data);
    subject.waiting = [];
    subject.masks = masksOf(subject.module);
    for (const { seed, call } of subject.masks) {
      if (![seed, call].every((value) => Number.isSafeInteger(value) && value >= 0))
        fail(`took the masks ${seed}, ${call}`);
    }
    if (optimizer !== undefined) {
      optimizer.state = optimizer.optimizer.stateDict();
      const options = optimizer.state.paramGroups.flatMap((group) => Object.entries(group));
      for (const [name, value] of options) {
        if (typeof value === "number" && !(value >= 0 && value < Infinity)) fail(`took the option ${name} ${value}`);
        if (name === "betas" && !(value as number[]).every((beta) => beta >= 0 && beta < 1))
          fail(`took betas ${value}`);
      }
      for (const [name, { data }] of Object.entries(optimizer.state.state)) {
        const saved = (tensors[`optimizer.${name}`] as Tensor).data;
        const count = ([low, high]: Float32Array) => (low as number) + (high as number) * 2 ** 24;
        const same = name.endsWith(".step") ? count(data) === count(saved) : sameValues(data, saved);
        if (!same) fail(`took another ${name}`);
      }
    }
    this.#check();
  }

  #check(): void {
    this.subject.check();
    this.optimizer?.check();
    if (this.optimizer) for (const subject of this.optimizer.subjects) subject.check();
  }
}

/** What a number in the header may become. */
const NUMBERS = ["-1", "1e999", "0.5", "7", "null", '"1"', "[]", "{}", "1099511627776", ""];

/** Bytes with some of them changed: at random, cut off, or a number in the JSON of the header replaced. */
export function changed(bytes: Uint8Array, draw: Draw): Uint8Array {
  const form = draw.int(0, 3);
  if (form === 0) return bytes.slice(0, draw.int(0, bytes.length - 1));
  if (form === 1) {
    const other = bytes.slice();
    for (let count = draw.int(1, 3); count > 0; count--) other[draw.int(0, other.length - 1)] = draw.int(0, 255);
    return other;
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  if (form === 2) {
    // One character of the header, so that the rest still reads.
    const at = draw.int(0, header.length - 1);
    return withHeader(
      bytes,
      length,
      header.slice(0, at) + draw.pick([...'0123456789"{}[]:,\\ ']) + header.slice(at + 1),
    );
  }
  const numbers = [...header.matchAll(/(?<=:)-?[\d.]+(e-?\d+)?|null|true|false/g)];
  // Without a checkpoint's options there are only shapes and places.
  const { index, 0: found } = draw.pick(numbers.length > 0 ? numbers : [...header.matchAll(/(?<=[[,])\d+/g)]);
  return withHeader(bytes, length, header.slice(0, index) + draw.pick(NUMBERS) + header.slice(index + found.length));
}

function withHeader(bytes: Uint8Array, length: number, header: string): Uint8Array {
  const text = new TextEncoder().encode(header);
  const result = new Uint8Array(8 + text.length + bytes.length - 8 - length);
  new DataView(result.buffer).setUint32(0, text.length, true);
  result.set(text, 8);
  result.set(bytes.subarray(8 + length), 8 + text.length);
  return result;
}
