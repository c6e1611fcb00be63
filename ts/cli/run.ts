/** `lstm-wasm run`: a layer of a file over a sequence. */
import type { Arguments } from "./command.js";
import { orderTold, outputSize, outputs } from "./compute.js";
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

  const source = from === "-" ? piped() : fileSource(from);
  const progress = process.stderr.isTTY ? await progressBar(source.size) : undefined;
  const started = performance.now();
  let [read, rows] = [0, 0];
  const watched = async function* () {
    for await (const chunk of source.bytes) {
      read += chunk.length;
      const elapsed = performance.now() - started;
      if (elapsed > PATIENCE) progress?.show(read, (rows / elapsed) * 1000);
      yield chunk;
    }
  };
  const output = new Output(to);
  try {
    const sequence = await openSequence({ ...source, bytes: watched() }, layer.options.inputSize);
    const writer = await rowWriter(format, output, [...sequence.outer, outputSize(layer)]);
    await writer.begin();
    for await (const values of outputs(layer, layer.create(), sequence)) {
      progress?.clear();
      await writer.rows(values);
      rows += values.length / outputSize(layer);
    }
    await writer.end();
    await output.end();
    const order = orderTold(layer, sequence);
    const otherwise = file.stateDict ? "; with --batch-first as (batch, seq, input)" : ", as the file says";
    if (order !== undefined) console.error(`lstm-wasm: ${order}${otherwise}`);
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

function piped(): Source {
  const source = standardInput("lstm-wasm: waiting for numbers on standard input (run --help tells more)");
  if (source === undefined) throw new Complaint("run: --input is missing, and nothing is piped in", 2);
  return source;
}
