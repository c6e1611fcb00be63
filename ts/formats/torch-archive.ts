/** The zip archive that torch.save writes, and what else goes under the same file names. */
import { badFile } from "./bytes.js";
import { listed } from "./checkpoint-dicts.js";
import { quote } from "./json-reader.js";
import { invalid, saveAgain } from "./torch-errors.js";
import { unzip } from "./unzip.js";
import { ZipArchive } from "./zip.js";

/** The archive, and the folder that all of its entries lie in: the name that the file was saved under, or nothing. */
export function openArchive(bytes: Uint8Array, inner = false): { archive: ZipArchive; folder: string } {
  const start = String.fromCharCode(...bytes.subarray(0, 300));
  if (!start.startsWith("PK")) throw refusalOf(start);
  const archive = new ZipArchive(bytes, invalid);
  const { names } = archive;
  const pickle = names.find((name) => /^([^/]*\/)?data\.pkl$/.test(name));
  if (pickle !== undefined) {
    const folder = pickle.slice(0, -"data.pkl".length);
    if (!names.includes(`${folder}constants.pkl`)) return { archive, folder };
    throw badFile(`This is TorchScript, a program with its weights.${saveAgain("torch.jit.load(path).state_dict()")}`);
  }
  // An archive of stable-baselines3 has files of torch.save in it, the model's among them.
  const files = names.filter((name) => /^[^/]+\.pth?$/.test(name));
  const file = files.includes("policy.pth") ? "policy.pth" : files.length === 1 ? files[0] : undefined;
  if (file !== undefined && !inner) return openArchive(unzip(archive, [file]).get(file) as Uint8Array, true);
  throw invalid(`among its entries one must be data.pkl, got ${listed(names)}`);
}

/** Of a file that is no zip archive, by its first bytes, one character for each. */
function refusalOf(start: string): Error {
  if (start.startsWith("\x80\x02\x8a\x0a\x6c\xfc") || start.slice(257, 262) === "ustar") {
    return badFile(`This file is from before PyTorch 1.6.${saveAgain('torch.load(path, map_location="cpu")')}`);
  }
  if (start.startsWith("\x80")) return badFile(`This pickle is not torch.save's.${saveAgain("model.state_dict()")}`);
  if (start[8] === "{") return invalid('it looks like safetensors; load of "lstm-wasm/safetensors" reads that');
  return invalid(`it must begin with "PK", as zip archives do, got ${quote(start.slice(0, 20))}`);
}
