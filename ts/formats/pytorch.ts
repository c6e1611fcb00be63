/**
 * `lstm-wasm/pytorch`: reads what `torch.save` writes, PyTorch 1.6 and later: a zip archive of one pickle (`data.pkl`),
 * which describes the tensors, and one entry (`data/0`, `data/1` ...) for each storage that they are views of.
 *
 * Nothing in the file is executed. The pickle is read by a machine that knows tensors and dicts; an object of any other class
 * only leaves its name, and is in nobody's way unless the weights are inside of it.
 */

import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkObject } from "../checks/options.js";
import type { Tensor } from "../tensor/tensor.js";
import { asBytes, badFile } from "./bytes.js";
import { findStateDict, withoutWrappers } from "./checkpoint-dicts.js";
import { quote } from "./json-reader.js";
import { type Pickled, unpickle } from "./pickle.js";
import { openArchive } from "./torch-archive.js";
import { invalid } from "./torch-errors.js";
import { kindOf, TORCH_RULES, TorchTensor, tensorReader } from "./torch-tensor.js";
import { unzip } from "./unzip.js";

/** Options of `load` and `read`. */
export interface LoadOptions {
  /**
   * The entry of a checkpoint that holds the weights: `"encoder"` of `{ encoder: ..., decoder: ... }`. Left out, it is found:
   * `state_dict`, `model_state_dict`, `model`, or the only dict of tensors that is there.
   */
  key?: string | undefined;
  /** Leave out what does not read as float32 (say, an int64 `num_batches_tracked`) instead of throwing. */
  skipUnsupported?: boolean | undefined;
}

/** What a file of `torch.save` holds. */
export interface PyTorchFile {
  /** The tensors by name, an object without prototype. */
  readonly stateDict: Record<string, Tensor>;
  /** The keys that lead to the state dict: `["model_state_dict"]`; empty where the file is one. */
  readonly path: readonly string[];
  /** What was taken off the names: `module.` of DistributedDataParallel, `_orig_mod.` of torch.compile. */
  readonly stripped: readonly string[];
  /** The names that `skipUnsupported` left out. */
  readonly skipped: readonly string[];
}

/** A pickle is small: some 300 bytes for each tensor, whatever its size. */
const MAX_PICKLE_BYTES = 2 ** 26;

/**
 * The state dict of a file that `torch.save` wrote: of a state dict, or of a checkpoint that holds one.
 *
 * float32 is copied as it is, float16 and bfloat16 widen exactly, float64 rounds to the nearest float32. Any other dtype is an
 * error, unless `skipUnsupported` leaves it out. Each tensor owns its memory; names that were tied have one Tensor. The object
 * has no prototype: every string is safe as a name.
 *
 * The names are those of the model itself: `module.` of DistributedDataParallel and `_orig_mod.` of torch.compile are taken
 * off. {@link read} tells whether that was so.
 *
 * @throws LSTMError `FILE` for bytes that are no such file, TorchScript, files from before PyTorch 1.6, whole models
 *   (the message has the line of Python that helps), or a tensor of another dtype; `OPTION`; `OUT_OF_MEMORY`.
 */
export function load(bytes: ArrayBufferLike | ArrayBufferView, options: LoadOptions = {}): Record<string, Tensor> {
  return read(bytes, options).stateDict;
}

/**
 * What {@link load} returns, and what was done to get it: where in the checkpoint it lay, which prefixes were taken off the
 * names, which tensors were left out.
 *
 * @throws LSTMError as `load` does.
 */
export function read(bytes: ArrayBufferLike | ArrayBufferView, options: LoadOptions = {}): PyTorchFile {
  const { key, skipUnsupported = false } = checkObject("load", options, ["key", "skipUnsupported"]);
  if (key !== undefined && typeof key !== "string") throw mustBe("OPTION", "key", "a string", key);
  const skips = checkBoolean("skipUnsupported", skipUnsupported);
  const input = asBytes(bytes);
  const { archive, folder } = openArchive(input);
  const inFolder = (name: string) => folder + name;

  const described = archive.names.filter((name) => name === inFolder("byteorder"));
  const texts = unzip(archive, [inFolder("data.pkl"), ...described]);
  const pickle = texts.get(inFolder("data.pkl")) as Uint8Array;
  if (pickle.length > MAX_PICKLE_BYTES) {
    throw invalid(`its pickle has more than ${MAX_PICKLE_BYTES} bytes`);
  }
  const bigEndian = texts.get(inFolder("byteorder"))?.[0] === 0x62; // "big"
  const { entries, path } = findStateDict(unpickle(pickle, TORCH_RULES), key as string | undefined);

  const [tensors, skipped] = readable(entries, skips);
  const { renamed, stripped } = withoutWrappers([...tensors.keys()]);
  const storageOf = ({ storage }: TorchTensor) => inFolder(`data/${storage.key}`);
  const storages = unzip(archive, [...tensors.values()].map(storageOf));
  const toTensor = tensorReader((record) => storages.get(storageOf(record)) as Uint8Array, bigEndian, input.length);
  const stateDict: Record<string, Tensor> = Object.create(null);
  let at = 0;
  for (const [name, record] of tensors) stateDict[renamed[at++] as string] = toTensor(name, record);
  return { stateDict, path, stripped, skipped };
}

/** The tensors that become float32, and the names of the rest, which is an error unless it may be skipped. */
function readable(entries: ReadonlyMap<Pickled, Pickled>, skips: boolean): [Map<string, TorchTensor>, string[]] {
  const tensors = new Map<string, TorchTensor>();
  const skipped: string[] = [];
  for (const [key, value] of entries) {
    const name = typeof key === "string" ? key : kindOf(key);
    if (key === name && value instanceof TorchTensor && value.readable) tensors.set(name, value);
    else if (skips) skipped.push(name);
    else {
      throw badFile(
        `${quote(name)} is ${kindOf(value)}; load reads tensors of float32, float16, bfloat16 and float64. Convert it with ` +
          ".float() in PyTorch before saving, or leave such entries out with load(bytes, { skipUnsupported: true })",
      );
    }
  }
  return [tensors, skipped];
}
