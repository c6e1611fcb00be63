/** What people load by mistake for a file of another format, told by its first bytes, and what to do about it. */

const TORCH = 'a file of torch.save; load of "lstm-wasm/pytorch" reads it';
const KERAS = 'load of "lstm-wasm/keras" reads it';

const JSON_TEXT =
  "JSON text, perhaps the index of several safetensors files (load those, and merge the dicts), a model of TensorFlow.js, which " +
  'load of "lstm-wasm/keras" reads, or one of an amplifier, which load of "lstm-wasm/audio" reads';

/** How files begin, one character for each byte. */
const BEGINNINGS: readonly [string, string][] = [
  ["PK", TORCH],
  ["\x80", TORCH], // pickled, as before PyTorch 1.6
  ["\x89HDF", `an HDF5 file; ${KERAS}`],
  ["\x93NUMPY", `a NumPy .npy file; loadNpy of "lstm-wasm/npy" reads it`],
  ["\x28\xb5\x2f\xfd", "zstd data; unpack it first"],
  ["version ", "a Git LFS pointer; fetch the file behind it with git lfs pull"],
  ["<", "a web page, perhaps of an error; look at the response's status before its bytes"],
  ["{", JSON_TEXT],
  ["GGUF", "a GGUF file; convert it to safetensors"],
  ["\x08", 'an ONNX file; load of "lstm-wasm/onnx" reads it'],
];

/** ". It looks like ...", or "" for anything else, and for what the reader wants. */
export function lookalike(bytes: Uint8Array, wanted: "safetensors" | "Keras"): string {
  const start = String.fromCharCode(...bytes.subarray(0, 100));
  if (start.startsWith("\x1f\x8b")) {
    return '. It looks like gzip data; unpack it first, as new DecompressionStream("gzip") does';
  }
  // It begins with a length. If that is what the reader wants, then something else is wrong with it.
  if (start.slice(4, 8) === "\0\0\0\0") {
    const other = wanted !== "safetensors" && start[8] === "{";
    return other ? '. It looks like a safetensors file; load of "lstm-wasm/safetensors" reads it' : "";
  }
  if (start.startsWith("PK") && start.includes(".npy"))
    return `. It looks like a NumPy .npz file; loadNpz of "lstm-wasm/npy" reads it`;
  if (start.startsWith("PK") && start.includes("metadata.json")) return `. It looks like a .keras file; ${KERAS}`;
  const found = BEGINNINGS.find(([beginning]) => start.trimStart().startsWith(beginning));
  return found === undefined ? "" : `. It looks like ${found[1]}`;
}
