/** `lstm-wasm convert`: a model file as one of another kind. */
import { extname } from "node:path";
import type { Tensor } from "lstm-wasm";
import { type Arguments, listed } from "./command.js";
import { nameFile, writeBytes } from "./files.js";
import type { Tensors } from "./layers.js";
import { chooseLayer, type Layer, type ModelFile, notesOf, openModel, openOptions } from "./model.js";
import type { Narrowing } from "./quantize.js";
import { Complaint, oneLine } from "./terminal.js";

/** What is written: a dict for most kinds, one layer for ONNX. */
type Writer = (source: Source, dtype: "F32" | "F16" | "BF16" | undefined) => Promise<Uint8Array>;

interface Source {
  readonly dict: () => Readonly<Tensors>;
  readonly layer: () => Layer;
  readonly metadata: Readonly<Record<string, string>>;
}

const WRITERS: Readonly<Record<string, Writer>> = {
  ".safetensors": async ({ dict, metadata }, dtype) => {
    const { save } = await import("lstm-wasm/safetensors");
    return save(dict(), metadata, { dtype });
  },
  ".npz": async ({ dict }) => (await import("lstm-wasm/npy")).saveNpz(dict()),
  ".json": async ({ dict }) => new TextEncoder().encode((await import("./formats/json.js")).write(dict())),
  ".onnx": async ({ layer }) => {
    const { name, backwards, create } = layer();
    if (backwards) {
      throw new Complaint(
        `the layer ${JSON.stringify(name)} reads each sequence from its end, which .onnx is not written for`,
      );
    }
    const { save } = await import("lstm-wasm/onnx");
    return save(create());
  },
};

export async function convert(args: Arguments): Promise<void> {
  const [from = "", to = ""] = args.positionals;
  const kind = extname(to).toLowerCase();
  const write = Object.hasOwn(WRITERS, kind) ? WRITERS[kind] : undefined;
  if (write === undefined) {
    const why = /^\.(pt|pth|ckpt)$/.test(kind) ? " (PyTorch reads safetensors)" : "";
    throw new Complaint(`OUT must end in ${listed(Object.keys(WRITERS))}, got ${to}${why}`, 2);
  }
  const dtype = args.values.dtype as "F32" | "F16" | "BF16" | undefined;
  const weights = args.values.weights as "int8" | "int16" | undefined;
  for (const option of ["dtype", "weights"])
    if (args.values[option] !== undefined && kind !== ".safetensors")
      throw new Complaint(`--${option} is for .safetensors, got ${to}`, 2);
  if (dtype !== undefined && weights !== undefined) throw new Complaint("give --dtype or --weights, not both", 2);
  const { input, calibrate: samples } = args.values;
  if (input !== undefined && weights === undefined)
    throw new Complaint("--input is for --weights, whose error it measures", 2);
  if (samples !== undefined && weights !== "int8")
    throw new Complaint("--calibrate is for --weights int8: int16 has nothing to gain", 2);
  const file = await openModel(from, openOptions(args));
  const chosen =
    args.values.layer !== undefined || args.values.prefix !== undefined ? chooseLayer(from, file, args) : undefined;
  if (chosen === undefined && Object.keys(file.tensors).length === 0)
    throw new Complaint(`${from}: it has no tensors to convert`);
  const narrow = weights && (await narrowed(from, file, chosen, { weights, input, samples }));
  const source: Source = {
    dict: () => narrow?.tensors ?? chosen?.stateDict ?? file.tensors,
    layer: () => chosen ?? chooseLayer(from, file, args),
    metadata: { format: "pt", ...file.metadata },
  };
  let bytes: Uint8Array;
  try {
    bytes = await write(source, dtype);
  } catch (error) {
    if (error instanceof RangeError) throw new Complaint(`${to}: the model is too large for a file of this kind`);
    throw nameFile(to, error);
  }
  await writeBytes(to, bytes);
  const written = kind === ".onnx" ? source.layer() : chosen;
  const notes = chosen === undefined ? leftOut(file, written) : [];
  notes.push(...notesOf(written === undefined ? file.layers : [written]), ...(narrow?.told ?? []));
  for (const note of notes) console.error(`lstm-wasm: ${oneLine(note)}`);
}

/** What of a whole file the new one has not: it holds all parameters, or one layer. */
function leftOut(file: ModelFile, layer: Layer | undefined): string[] {
  const notes = file.skipped.map((one) => `left out: ${one}`);
  if (layer !== undefined) return [...notes, ...besides(file, layer)];
  return file.lost === undefined ? notes : [...notes, file.lost];
}

/** The tensors to write with integer weights: those of the chosen layer, or all of the file. */
async function narrowed(from: string, file: ModelFile, chosen: Layer | undefined, narrowing: Narrowing) {
  const { quantized } = await import("./quantize.js");
  if (chosen !== undefined) return quantized(chosen.stateDict, [chosen], (_, own) => own, narrowing);
  if (file.layers.length === 0)
    throw new Complaint(`${from}: it has no LSTM, GRU or RNN whose weights become integers`);
  // A cell's names have no layer.
  const nameOf = ({ prefix, cell }: Layer, own: string) => prefix + (cell ? own.replace(/_l0$/, "") : own);
  return quantized(file.tensors, file.layers, nameOf, narrowing);
}

/** The tensors of a state dict that are not of its layer. A cell's have other names there. */
function besides({ stateDict, tensors }: ModelFile, layer: Layer): string[] {
  const own = new Set(Object.values(layer.stateDict));
  const others = Object.keys(tensors).filter((name) => !own.has(tensors[name] as Tensor));
  if (!stateDict || others.length === 0) return [];
  return [`left out, since .onnx holds one layer: ${others.join(", ")}`];
}
