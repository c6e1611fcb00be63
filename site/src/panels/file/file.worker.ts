import { expose, transfer } from "../../worker.js";
import { type LayerFacts, type Model, type Nonlinearity, type Note, type Shape, shapesOf } from "./model.js";
import { type Opened, open } from "./open.js";
import { type Answer, answer } from "./problem.js";
import { type Ran, type Run, run } from "./run.js";
import { type Saved, save } from "./save.js";

/** What the page shows of a file. */
export interface FileFacts {
  readonly name: string;
  readonly bytes: number;
  readonly format: Model["format"];
  readonly layers: readonly LayerFacts[];
  readonly refused: Model["refused"];
  readonly tensors: readonly Shape[];
  readonly notes: readonly Note[];
}

/** One file at a time: its bytes and tensors stay here, and the page gets facts, traces and new files. */
export class Files {
  #opened: Opened | undefined;
  /** Counts the calls of `open`: only the last one's file stays. */
  #calls = 0;

  /** Reads a model. The one before is forgotten, also if this one cannot be read. */
  open(files: readonly File[]): Promise<Answer<FileFacts>> {
    this.#opened = undefined;
    const call = ++this.#calls;
    return answer(async () => {
      const opened = await open(files);
      if (call === this.#calls) this.#opened = opened;
      return factsOf(opened);
    });
  }

  /** @param index of the layer in the file */
  run(index: number, how: Run): Promise<Answer<Ran>> {
    return answer(() => run(this.#layer(index), how));
  }

  async save(index: number, what: Saved, nonlinearity: Nonlinearity): Promise<Answer<Uint8Array<ArrayBuffer>>> {
    const saved = await answer(() => save(what, this.#model, this.#layer(index), nonlinearity));
    return "value" in saved ? transfer(saved, [saved.value.buffer]) : saved;
  }

  get #model(): Model {
    if (this.#opened === undefined) throw new Error("no file is open");
    return this.#opened.model;
  }

  #layer(index: number) {
    const layer = this.#model.layers[index];
    if (layer === undefined) throw new Error(`the file has no layer ${index}`);
    return layer;
  }
}

function factsOf({ name, bytes, model }: Opened): FileFacts {
  const layers = model.layers.map(
    ({ name, kind, cell, options, parameters, openNonlinearity, notes }): LayerFacts => ({
      name,
      kind,
      cell,
      options: { ...options },
      parameters,
      openNonlinearity,
      notes,
    }),
  );
  const { format, refused, notes, tensors } = model;
  return { name, bytes, format, layers, refused, tensors: shapesOf(tensors), notes };
}

expose(new Files());
