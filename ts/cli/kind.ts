/** Which kind of file it is, by its first bytes, or by its name where they do not tell. */
import { extname } from "node:path";
import { archiveKind, signedKind } from "./layers.js";

export type Kind = "safetensors" | "pytorch" | "onnx" | "keras" | "npy" | "npz" | "json";

/** What the kinds are called. */
const BY_NAME: Readonly<Record<string, Kind>> = {
  ".safetensors": "safetensors",
  ".pt": "pytorch",
  ".pth": "pytorch",
  ".ckpt": "pytorch",
  ".onnx": "onnx",
  ".keras": "keras",
  ".h5": "keras",
  ".hdf5": "keras",
  ".npy": "npy",
  ".npz": "npz",
  ".json": "json",
  ".nam": "json",
  ".aidax": "json",
};

/** The endings of names that tell. */
export const ENDINGS: readonly string[] = Object.keys(BY_NAME);

/** undefined where neither the bytes nor the name tell. */
export function kindOf(path: string, bytes: Uint8Array): Kind | undefined {
  const start = Buffer.from(bytes.subarray(0, 64)).toString("latin1");
  const signed = signedKind(start);
  if (signed === "archive") return archiveKind(Buffer.from(bytes.subarray(-(2 ** 20))).toString("latin1"));
  if (signed !== undefined) return signed;
  if (start.startsWith("\x93NUMPY")) return "npy";
  if (start.startsWith("\x80")) return "pytorch"; // a pickle, as before PyTorch 1.6
  if (/^(\xef\xbb\xbf)?\s*\{/.test(start)) return "json";
  const named = BY_NAME[extname(path).toLowerCase()];
  return named ?? (start.startsWith("\x08") ? "onnx" : undefined);
}
