/** `lstm-wasm run`: a layer of a file over a sequence. */
import type { Arguments } from "./command.js";
import { outputSize, outputs } from "./compute.js";
import { chooseLayer, notesOf, openModel, openOptions } from "./model.js";
import { formatOf, Output, rowWriter } from "./output.js";
import type { Progress } from "./progress.js";
import { openSequence } from "./sequence/sequence.js";
import { fileSource, type Source, standardInput } from "./source.js";
import { Complaint, oneLine } from "./terminal.js";

/** Milliseconds before a bar shows: most runs are over by then. */
const PATIENCE = 300;

export async function runModel(args: Arguments): Promise<void> {
  const [path = ""] = args.positionals;
  const { input: from = "-", output: to = "-", format: wanted } = args.values;
  const format = formatOf(to, wanted);
  const file = await openModel(path, openOptions(args));
  const layer = chooseLayer(path, file, args);

  const counted = countedSource(from);
  const sequence = await openSequence(counted.source, layer.options.inputSize);
  const { outer } = sequence;
  const output = new Output(to);
  const writer = await rowWriter(format, output, [...outer, outputSize(layer)] as const);
  const progress = process.stderr.isTTY ? await progressBar(counted.source.size) : undefined;
  const started = performance.now();
  let rows = 0;
  try {
    await writer.begin();
    for await (const values of outputs(layer, layer.create(), sequence)) {
      rows += values.length / outputSize(layer);
      progress?.clear();
      await writer.rows(values);
      const elapsed = performance.now() - started;
      if (elapsed > PATIENCE) progress?.show(counted.bytes(), (rows / elapsed) * 1000);
    }
    await writer.end();
    await output.end();
  } catch (error) {
    await output.abort();
    throw error;
  } finally {
    progress?.stop();
  }
  for (const note of notesOf([layer])) console.error(`lstm-wasm: ${oneLine(note)}`);
}

async function progressBar(total: number | undefined): Promise<Progress> {
  const { Progress } = await import("./progress.js");
  return new Progress(total, "steps");
}

/** The input, and how many of its bytes were read. */
function countedSource(path: string): { source: Source; bytes: () => number } {
  const source = path === "-" ? piped() : fileSource(path);
  let count = 0;
  const bytes = async function* () {
    for await (const chunk of source.bytes) {
      count += chunk.length;
      yield chunk;
    }
  };
  return { source: { ...source, bytes: bytes() }, bytes: () => count };
}

function piped(): Source {
  const source = standardInput("lstm-wasm: waiting for numbers on standard input (run --help tells more)");
  if (source === undefined) throw new Complaint("run: --input is missing, and nothing is piped in", 2);
  return source;
}
