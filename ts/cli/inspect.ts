/** `lstm-wasm inspect`: what a model file holds. */
import { statSync } from "node:fs";
import type { Arguments } from "./command.js";
import { prefixIn } from "./layers.js";
import { type Layer, type ModelFile, notesOf, openModel, openOptions } from "./model.js";
import { bold, bytesText, table, thousands } from "./table.js";
import { Complaint, isForPeople, oneLine, print, printable } from "./terminal.js";

/** Tensors that people are shown of those outside of recurrent layers. */
const SHOWN = 20;

export async function inspect(args: Arguments): Promise<void> {
  const [path = ""] = args.positionals;
  const json = args.flags.has("json");
  let file: ModelFile;
  try {
    file = await openModel(path, openOptions(args));
  } catch (error) {
    if (json && isForPeople(error) && !(error instanceof Complaint)) {
      const { code, message } = error as Error & { code: string };
      await print(`${JSON.stringify({ file: path, error: { code, message: message.slice(path.length + 2) } })}\n`);
    }
    throw error;
  }
  await print(json ? `${JSON.stringify(report(path, file), null, 2)}\n` : page(path, file));
}

const parametersOf = ({ stateDict }: Layer): number =>
  Object.values(stateDict).reduce((sum, { size }) => sum + size, 0);

/** The tensors outside of recurrent layers. */
function others({ tensors, layers }: ModelFile): [name: string, shape: readonly number[]][] {
  const prefixes = new Set<string | undefined>(layers.map(({ prefix }) => prefix));
  return Object.entries(tensors).flatMap(([name, { shape }]) => (prefixes.has(prefixIn(name)) ? [] : [[name, shape]]));
}

/** For programs. */
function report(path: string, file: ModelFile) {
  const { format, layers, refused, tensors, dtypes, metadata, skipped, lost, notes } = file;
  return {
    file: path,
    format,
    bytes: statSync(path).size,
    layers: layers.map((layer) => {
      const { name, kind, cell = false, options, backwards, state, notes } = layer;
      const parameters = parametersOf(layer);
      return {
        name,
        kind,
        cell,
        options,
        parameters,
        backwards: backwards !== false,
        state: state !== undefined,
        notes,
      };
    }),
    refused,
    tensors: Object.entries(tensors).map(([name, { shape }]) => ({ name, shape, dtype: dtypes?.[name] })),
    skipped,
    lost,
    metadata,
    notes,
  };
}

/** For people. */
function page(path: string, file: ModelFile): string {
  const { format, layers, refused, tensors, dtypes, skipped, lost, notes } = file;
  const all = Object.values(tensors);
  const count = all.reduce((sum, { size }) => sum + size, 0);
  const parts = [
    `${bold(printable(path))}: ${format}, ${bytesText(statSync(path).size)}, ${counted(all.length, "tensor")} of ${counted(count, "number")}\n`,
  ];
  if (layers.length > 0) {
    const rows = layers.map((layer) => {
      const { name, kind, cell, options } = layer;
      return [
        name === "" ? "(no prefix)" : name,
        cell ? `${kind}Cell` : kind,
        ...[options.inputSize, options.hiddenSize, options.numLayers].map(String),
        optionsText(layer),
        thousands(parametersOf(layer)),
      ];
    });
    const first = file.stateDict ? "Prefix" : "Layer";
    parts.push(table([first, "Kind", "Input", "Hidden", "Layers", "Options", "Parameters"], rows));
  } else if (refused.length === 0) parts.push("It has no LSTM, GRU or RNN.\n");
  const rest = others(file);
  if (rest.length > 0) {
    const rows = rest
      .slice(0, SHOWN)
      .map(([name, shape]) => [name, `[${shape.join(", ")}]`, ...(dtypes ? [dtypes[name] ?? ""] : [])]);
    const more = rest.length > SHOWN ? `... and ${rest.length - SHOWN} more (--json lists all)\n` : "";
    parts.push(
      table([layers.length > 0 ? "Other tensors" : "Tensors", "Shape", ...(dtypes ? ["Type"] : [])], rows) + more,
    );
  }
  const told = [
    ...refused.map(({ name, why }) => `not supported: ${name === "" ? "" : `${name}: `}${oneLine(why)}`),
    ...skipped.map((one) => `not read: ${one}`),
    ...(lost === undefined ? [] : [lost]),
    ...notes,
    ...notesOf(layers),
  ];
  if (told.length > 0) parts.push(told.map((one) => `- ${printable(one)}\n`).join(""));
  return parts.join("\n");
}

const counted = (count: number, word: string) => `${thousands(count)} ${word}${count === 1 ? "" : "s"}`;

/** What is not as by default. */
function optionsText({ options, backwards }: Layer): string {
  const { bias, batchFirst, bidirectional, projSize, nonlinearity, weights } = options;
  const words = [
    ...(bidirectional ? ["bidirectional"] : []),
    ...(backwards ? ["reverse"] : []),
    ...(bias ? [] : ["no bias"]),
    ...(batchFirst ? ["batch first"] : []),
    ...(projSize ? [`projection to ${projSize}`] : []),
    ...(nonlinearity === "relu" ? ["relu"] : []),
    ...(weights ? [weights] : []),
  ];
  return words.join(", ") || "-";
}
