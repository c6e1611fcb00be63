/** Which kind of file it is: its first bytes tell, or else its name. */
import { archiveKind, signedKind } from "../../../../ts/cli/layers.js";

export type Kind = "safetensors" | "pytorch" | "onnx" | "keras" | "npz" | "json";

const BY_NAME: Readonly<Record<string, Kind>> = {
  safetensors: "safetensors",
  pt: "pytorch",
  pth: "pytorch",
  ckpt: "pytorch",
  onnx: "onnx",
  keras: "keras",
  h5: "keras",
  hdf5: "keras",
  npz: "npz",
  json: "json",
  nam: "json",
  aidax: "json",
};

/** How many bytes tell: the start of a file, and the end of a zip archive, where the names of its entries stand. */
const [START, END] = [64, 2 ** 20];

/** undefined where neither the bytes nor the name tell, as of a file of weights that belongs to a model. */
export async function kindOf(file: Blob & { readonly name: string }): Promise<Kind | undefined> {
  const start = latin1(await file.slice(0, START).arrayBuffer());
  const signed = signedKind(start);
  if (signed === "archive") return archiveKind(latin1(await file.slice(-END).arrayBuffer()));
  if (signed !== undefined) return signed;
  const extension = /\.(\w+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  if (Object.hasOwn(BY_NAME, extension)) return BY_NAME[extension];
  if (start.startsWith("\x80")) return "pytorch"; // a pickle, as before PyTorch 1.6
  return /^(\xef\xbb\xbf)?\s*\{/.test(start) ? "json" : undefined;
}

const latin1 = (bytes: ArrayBuffer): string => new TextDecoder("latin1").decode(bytes);
