/** The files that a visitor gives, to a model. Each reader is loaded when a file of its kind comes. */
import { type Kind, kindOf } from "./kind.js";
import type { Model } from "./model.js";
import { Problem } from "./problem.js";

/** Files by their names. */
type Beside = Readonly<Record<string, Uint8Array>>;
type Reader = (bytes: Uint8Array, beside: Beside) => Model | Promise<Model>;

const READERS: Readonly<Record<Kind, () => Promise<{ readonly read: Reader }>>> = {
  safetensors: () => import("./readers/safetensors.js"),
  pytorch: () => import("./readers/pytorch.js"),
  onnx: () => import("./readers/onnx.js"),
  keras: () => import("./readers/keras.js"),
  npz: () => import("./readers/npz.js"),
  json: () => import("./readers/json.js"),
};

/** A model, with the name and size of its file. */
export interface Opened {
  readonly name: string;
  readonly bytes: number;
  readonly model: Model;
}

/**
 * @param files a model, perhaps with files that belong to it: tensors of ONNX, shards of TensorFlow.js
 * @throws Problem, or the reader's LSTMError
 */
export async function open(files: readonly File[]): Promise<Opened> {
  const models: { file: File; kind: Kind }[] = [];
  const rest: File[] = [];
  for (const file of files) {
    const kind = await kindOf(file).catch(() => {
      throw new Problem("unreadable", file.name);
    });
    if (kind === undefined) rest.push(file);
    else models.push({ file, kind });
  }
  const [first, second] = models;
  const [any] = files;
  if (any === undefined) throw new Problem("noFile");
  if (first === undefined) throw new Problem(any.size === 0 ? "empty" : "unknown", any.name);
  if (second !== undefined) throw new Problem("several", first.file.name, second.file.name);
  const { file, kind } = first;
  if (file.size === 0) throw new Problem("empty", file.name);
  const beside: Record<string, Uint8Array> = {};
  for (const one of rest) beside[one.name] = await bytesOf(one);
  const [bytes, { read }] = [await bytesOf(file), await READERS[kind]()];
  const model = await read(bytes, beside);
  if (model.layers.length + model.refused.length === 0) {
    throw new Problem("noLayers", file.name, Object.keys(model.tensors).slice(0, 8).join(", "));
  }
  return { name: file.name, bytes: file.size, model };
}

async function bytesOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Problem("unreadable", file.name);
  }
}
