/**
 * Values beside tensors as JSON, with what JSON cannot hold written as objects of one key that begins with "$", the way
 * MongoDB's Extended JSON has it: `{ "$number": "NaN" }`. Tensors, and the bytes of typed arrays, go into a list.
 */
import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { asTensor, Tensor } from "../tensor/tensor.js";

/** How deep values may be nested: far from where any engine's stack ends. */
const MAX_DEPTH = 500;
/** One level of a Map takes three of JSON: its tag, its entries, an entry. */
const MAX_JSON_DEPTH = 3 * MAX_DEPTH + 10;
/** Without a bound, thirty arrays that each hold the next one twice would be a billion values. */
const MAX_VALUES = 5_000_000;

/**
 * A value as JSON.
 *
 * @param name what an error's path begins with
 * @param tensors takes the tensors
 * @throws LSTMError `OPTION`, with the path, for what would not come back as it was
 */
export function toJSON(name: string, value: unknown, tensors: Tensor[]): unknown {
  const path: (string | number)[] = [];
  const around = new Set<object>();
  let values = 0;

  const place = (): string => {
    const word = (step: unknown) => typeof step === "string" && /^[A-Za-z_]\w*$/.test(step);
    return name + path.map((step) => (word(step) ? `.${step}` : `[${describe(step)}]`)).join("");
  };
  function refuse(why: string): never {
    throw new LSTMError("OPTION", `${place()} cannot be saved: ${why}`);
  }
  const inside = (step: string | number, inner: unknown): unknown => {
    path.push(step);
    const json = visit(inner);
    path.pop();
    return json;
  };
  const list = (items: Iterable<unknown>): unknown[] => {
    let index = 0;
    const json: unknown[] = [];
    for (const item of items) json.push(inside(index++, item));
    return json;
  };

  function visit(one: unknown): unknown {
    if (++values > MAX_VALUES) refuse(`there are more than ${MAX_VALUES} values; typed arrays may be long`);
    if (one === null || typeof one === "string" || typeof one === "boolean") return one;
    if (typeof one === "number") {
      if (Number.isFinite(one) && !Object.is(one, -0)) return one;
      return { $number: Object.is(one, -0) ? "-0" : String(one) };
    }
    if (one === undefined) return { $undefined: true };
    if (typeof one === "bigint") return { $bigint: one.toString(16) };
    if (typeof one !== "object") return refuse(`it is ${typeof one === "symbol" ? "a symbol" : describe(one)}`);
    if (around.has(one)) refuse("it contains itself");
    if (around.size >= MAX_DEPTH) refuse(`it is nested more than ${MAX_DEPTH} deep`);
    around.add(one);
    const json = visitObject(one);
    around.delete(one);
    return json;
  }

  function visitObject(one: object): unknown {
    if (one instanceof Tensor) {
      const { data, shape } = asTensor(place(), one);
      return { $tensor: tensors.push(new Tensor(data.slice(), shape)) - 1 };
    }
    if (Array.isArray(one)) {
      if (Object.keys(one).length !== one.length) refuse("it is an array with holes or with named properties");
      return list(one);
    }
    const type = binaryType(one);
    if (type !== undefined)
      return { $bytes: [type, tensors.push(ofBytes(one as ArrayBuffer)) - 1, (one as ArrayBuffer).byteLength] };
    const prototype: object | null = Object.getPrototypeOf(one);
    if (prototype === Map.prototype) return { $map: list(one as Map<unknown, unknown>) };
    if (prototype === Set.prototype) return { $set: list(one as Set<unknown>) };
    if (prototype === Date.prototype) return { $date: visit((one as Date).getTime()) };
    // Object.prototype of any realm, or none.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      refuse(
        `it is ${describe(one)} with a class of its own; save plain objects, arrays, numbers, strings and tensors`,
      );
    }
    if (Object.getOwnPropertySymbols(one).length > 0) refuse("it has a symbol as a name");
    const json = Object.fromEntries(
      Object.keys(one).map((key) => [key, inside(key, (one as Record<string, unknown>)[key])]),
    );
    return isTagged(json) ? { $object: json } : json;
  }

  return visit(value);
}

/**
 * What `toJSON` was given.
 *
 * @param tensors by their numbers; each is taken out once
 * @throws Error for anything that `toJSON` does not write
 */
export function fromJSON(json: unknown, tensors: Map<number, Tensor>): unknown {
  const take = (index: unknown): Tensor => {
    const tensor = tensors.get(index as number);
    if (tensor === undefined) throw new Error(`it has no tensor ${describe(index)}, or uses it twice`);
    tensors.delete(index as number);
    return tensor;
  };
  const list = (items: unknown): unknown[] => {
    if (!Array.isArray(items)) throw new Error(`expected an array, got ${describe(items)}`);
    return items.map(visit);
  };
  const pair = (entry: unknown): [unknown, unknown] => {
    if (!Array.isArray(entry) || entry.length !== 2) throw new Error(`expected a Map's entry, got ${describe(entry)}`);
    return [entry[0], entry[1]];
  };
  const object = (one: unknown): object => {
    if (typeof one !== "object" || one === null) throw new Error(`expected an object, got ${describe(one)}`);
    // Makes properties of its own, also of the name __proto__.
    return Object.fromEntries(Object.entries(one).map(([key, value]) => [key, visit(value)]));
  };
  const tags = new Map<string, (content: unknown) => unknown>([
    ["$number", (text) => SPECIAL.get(text) ?? fail("$number", text)],
    ["$undefined", () => undefined],
    ["$bigint", (text) => toBigInt(text)],
    ["$tensor", take],
    ["$bytes", (content) => toBinary(content, take)],
    ["$map", (entries) => new Map(list(entries).map(pair))],
    ["$set", (values) => new Set(list(values))],
    ["$date", (time) => new Date(asNumber(visit(time)))],
    ["$object", object],
  ]);

  function visit(one: unknown): unknown {
    if (typeof one !== "object" || one === null) return one;
    if (Array.isArray(one)) return list(one);
    if (!isTagged(one)) return object(one);
    const [tag, content] = Object.entries(one)[0] as [string, unknown];
    return (tags.get(tag) ?? (() => fail("a tag", tag)))(content);
  }

  return visit(json);
}

const SPECIAL: ReadonlyMap<unknown, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

function fail(expected: string, got: unknown): never {
  throw new Error(`expected ${expected}, got ${describe(got)}`);
}

const asNumber = (value: unknown): number => (typeof value === "number" ? value : fail("a number", value));

/** From hexadecimal digits, which take linear time; decimal ones do not. */
function toBigInt(text: unknown): bigint {
  const [, sign, digits] = /^(-?)([0-9a-f]+)$/.exec(String(text)) ?? fail("a hexadecimal integer", text);
  const magnitude = BigInt(`0x${digits}`);
  return sign === "-" ? -magnitude : magnitude;
}

/** Whether it would be taken for what this file writes in place of other values. */
function isTagged(json: object): boolean {
  const names = Object.keys(json);
  return names.length === 1 && (names[0] as string).startsWith("$");
}

/** What holds bytes, by the name of its type; undefined for anything else. */
function binaryType(value: object): string | undefined {
  const type = Object.prototype.toString.call(value).slice(8, -1);
  if (type === "ArrayBuffer" && value instanceof ArrayBuffer) return type;
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? type : undefined;
}

type BinaryConstructor = { new (buffer: ArrayBuffer): unknown; BYTES_PER_ELEMENT?: number };

/** The bytes, filled up with zeros, as float32 numbers of the same bits. */
function ofBytes(source: ArrayBuffer | ArrayBufferView): Tensor {
  const bytes = new Uint8Array(4 * Math.ceil(source.byteLength / 4));
  // No view can be made of what was transferred away.
  if (source.byteLength > 0) {
    bytes.set(
      "buffer" in source ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source),
    );
  }
  return new Tensor(new Float32Array(bytes.buffer));
}

function toBinary(content: unknown, take: (index: unknown) => Tensor): unknown {
  const [type, index, size] = Array.isArray(content) ? content : fail("[type, tensor, bytes]", content);
  if (!/^(Array|(Big)?(Ui|I)nt\d+(Clamped)?|Float\d+)(Array|Buffer)$/.test(String(type)))
    fail("a typed array's name", type);
  const Binary = (globalThis as Record<string, unknown>)[type] as BinaryConstructor | undefined;
  if (typeof Binary !== "function") throw new Error(`this runtime has no ${type}`);
  const { data } = take(index);
  const fits =
    Number.isInteger(size) && Math.ceil(size / 4) === data.length && size % (Binary.BYTES_PER_ELEMENT ?? 1) === 0;
  if (!fits) fail(`the bytes of a ${type}`, size);
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, size).slice().buffer;
  return type === "ArrayBuffer" ? bytes : new Binary(bytes);
}

/**
 * `JSON.parse` of text that may be hostile: a file of brackets alone would take it minutes and gigabytes.
 *
 * @throws Error for anything deeper than `toJSON` writes, and what is no JSON
 */
export function parseJSON(text: string): unknown {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      while (at < text.length && text[++at] !== '"') if (text[at] === "\\") at++;
    } else if (character === "{" || character === "[") {
      if (++depth > MAX_JSON_DEPTH) throw new Error(`it is nested more than ${MAX_JSON_DEPTH} deep`);
    } else if (character === "}" || character === "]") depth--;
  }
  return JSON.parse(text);
}
