/** JSON: a model of TensorFlow.js, one of an audio plug-in, or a state dict. */
import { dirname, join } from "node:path";
import { Tensor, type TensorInput } from "lstm-wasm";
import { readBytes } from "../files.js";
import type { Tensors } from "../layers.js";
import type { ModelFile, OpenOptions } from "../model.js";
import { stateDictFile } from "../state-dict.js";
import { Complaint } from "../terminal.js";

export async function read(bytes: Uint8Array, options: OpenOptions, path: string): Promise<ModelFile> {
  const text = decoded(bytes, path);
  const file = parsed(text, path);
  const has = (name: string) => Object.hasOwn(file, name);
  if (has("modelTopology") || has("weightsManifest")) {
    const { readAs } = await import("./keras.js");
    return readAs("TensorFlow.js", { modelJson: text, weights: shardsOf(path, file) });
  }
  if (has("architecture") || has("layers") || has("state_dict")) {
    const { read: readAudio } = await import("./audio.js");
    return readAudio(text);
  }
  return stateDictFile("state dict in JSON", dictOf(file, path), options);
}

function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Complaint(`${path}: not UTF-8 text`);
  }
}

function parsed(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new Complaint(`${path}: not valid JSON: ${(error as Error).message}`);
  }
  throw new Complaint(`${path}: JSON of a model is an object`);
}

/** The files of weights beside model.json, in its order. */
function shardsOf(path: string, { weightsManifest }: Record<string, unknown>): Uint8Array[] {
  const groups = Array.isArray(weightsManifest) ? weightsManifest : [];
  const names = groups.flatMap((group: { paths?: unknown } | null) => (Array.isArray(group?.paths) ? group.paths : []));
  return names.map((name: unknown) => {
    // A file name, and no way to anywhere else.
    if (typeof name !== "string" || /(^|[\\/])\.\.([\\/]|$)|^[\\/]|:/.test(name))
      throw new Complaint(`${path}: ${JSON.stringify(name)} is no path of a file beside it`);
    return readBytes(join(dirname(path), name));
  });
}

function dictOf(file: Record<string, unknown>, path: string): Tensors {
  const dict: Tensors = Object.create(null);
  for (const [name, value] of Object.entries(file)) {
    try {
      dict[name] = tensorOf(value);
    } catch (error) {
      throw new Complaint(`${path}: ${JSON.stringify(name)}: ${(error as Error).message}`);
    }
  }
  return dict;
}

/** Nested arrays, or `{ shape, data }` as JSON.stringify makes of a Tensor. */
function tensorOf(value: unknown): Tensor {
  if (Array.isArray(value)) return new Tensor(value);
  if (typeof value === "object" && value !== null && "shape" in value && "data" in value) {
    const { data, shape } = value as { data: (number | string)[]; shape: number[] };
    if (Array.isArray(data)) return new Tensor(Float32Array.from(data, Number), shape);
  }
  throw new Complaint("expected numbers in nested arrays, or { shape, data }");
}

/** A dict as such a file: nested arrays; `{ shape, data }` where those cannot tell the shape or the numbers. */
export function write(dict: Readonly<Record<string, Tensor>>): string {
  const entries = Object.entries(dict).map(([name, tensor]) => `${JSON.stringify(name)}:${jsonOf(tensor)}`);
  return `{${entries.join(",\n")}}\n`;
}

function jsonOf(tensor: Tensor): string {
  const plain = tensor.shape.length > 0 && tensor.data.every((one) => Number.isFinite(one) && !Object.is(one, -0));
  if (plain && !tensor.shape.includes(0)) return JSON.stringify(tensor.toArray(tensor.shape.length as 1));
  return JSON.stringify(tensor satisfies TensorInput);
}
