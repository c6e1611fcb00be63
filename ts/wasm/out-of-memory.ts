import { LSTMError } from "../checks/errors.js";
import type { Kernels } from "./instance.js";

/** The error of a request that took so many bytes in all: those of the last refusal, if they are not given. */
export function outOfMemory(kernels: Kernels, what: string, bytes = kernels.refusedBytes()): LSTMError {
  const used = kernels.usedBytes();
  const left = bytes > 2 ** 32 - used ? "" : ", and the rest cannot be had in one piece";
  const size = (count: number) => `${count} bytes (${(count / 2 ** 30).toFixed(2)} GiB)`;
  return new LSTMError(
    "OUT_OF_MEMORY",
    `${what} needs ${size(bytes)}: of the 4 GiB that all objects share, ${size(used)} are in use${left}`,
  );
}
