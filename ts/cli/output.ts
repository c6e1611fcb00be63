/** Where rows of numbers go as they are computed: .npy, CSV or JSON, to a file or to standard output. */
import { rmSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { extname } from "node:path";
import { Tensor } from "lstm-wasm";
import { aboutOutput, isDevice } from "./files.js";
import { Complaint, print } from "./terminal.js";

export type Format = "npy" | "csv" | "json";

/** (steps, ..., values): the steps may not be known before the end. */
export type Shape = readonly [steps: number | undefined, ...others: number[]];

/** Writes text or bytes in their order, to a file that has its name only once it is whole. */
export class Output {
  readonly #path: string;
  readonly #partial: string;
  #file: FileHandle | undefined;

  /** @param path "-" is standard output */
  constructor(path: string) {
    this.#path = path;
    this.#partial = path === "-" || isDevice(path) ? path : `${path}.${process.pid}.partial`;
    if (!this.rewinds) return;
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      process.once(signal, () => {
        rmSync(this.#partial, { force: true });
        process.exit(code);
      });
    }
  }

  /** Whether the beginning can be written again at the end. */
  get rewinds(): boolean {
    return this.#partial !== this.#path;
  }

  async write(data: string | Uint8Array, at?: number): Promise<void> {
    if (this.#path === "-") return print(data);
    await this.#about(async () => {
      this.#file ??= await open(this.#partial, this.rewinds ? "wx" : "w");
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      for (let done = 0; done < bytes.length; ) {
        const place = at === undefined ? null : at + done;
        done += (await this.#file.write(bytes, done, bytes.length - done, place)).bytesWritten;
      }
    });
  }

  async end(): Promise<void> {
    if (this.#path === "-") return;
    await this.#about(async () => {
      await this.#file?.close();
      if (this.rewinds) await rename(this.#partial, this.#path);
    });
  }

  /** Leaves no half of a file. */
  async abort(): Promise<void> {
    await this.#file?.close().catch(() => {});
    if (this.rewinds) await rm(this.#partial, { force: true });
  }

  async #about(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw aboutOutput(this.#path, error);
    }
  }
}

/** Rows of one format. */
export interface RowWriter {
  begin(): Promise<void>;
  /** Whole rows. */
  rows(values: Float32Array): Promise<void>;
  end(): Promise<void>;
}

export function formatOf(path: string, format: string | undefined): Format {
  const named = { ".npy": "npy", ".csv": "csv", ".json": "json" }[extname(path).toLowerCase()] as Format | undefined;
  if (format !== undefined && named !== undefined && named !== format)
    throw new Complaint(`--format is ${format}, and the output's name ${path} says ${named}`, 2);
  if (format !== undefined) return format as Format;
  if (named === undefined && path !== "-" && !isDevice(path))
    throw new Complaint(`OUTPUT must end in .npy, .csv or .json, or have a --format, got ${path}`, 2);
  return named ?? "csv";
}

export async function rowWriter(format: Format, output: Output, shape: Shape): Promise<RowWriter> {
  if (format === "npy") return npyWriter(output, shape);
  if (format === "json") return new JsonWriter(output, shape);
  if (shape.length > 2) throw new Complaint("CSV has no batch; say --format json or npy", 2);
  const [, width = 0] = shape;
  return {
    begin: async () => {},
    rows: (values) => output.write(lines(values, width, (row) => `${row.join(",")}\n`)),
    end: async () => {},
  };
}

/** At most nine digits, which tell every float32 from all others. */
const text = (value: number): string => (Object.is(value, -0) ? "-0" : String(Number(value.toPrecision(9))));
/** JSON has no word for these: as a Tensor's toJSON has them. */
const jsonText = (value: number): string => (Number.isFinite(value) ? text(value) : `"${value}"`);

function lines(values: Float32Array, width: number, line: (row: string[]) => string, one = text): string {
  const rows: string[] = [];
  for (let at = 0; at < values.length; at += width) rows.push(line(Array.from(values.subarray(at, at + width), one)));
  return rows.join("");
}

class JsonWriter implements RowWriter {
  readonly #output: Output;
  readonly #width: number;
  /** Rows in each inner array; 0 where there is no batch. */
  readonly #group: number;
  #count = 0;

  constructor(output: Output, shape: Shape) {
    this.#output = output;
    this.#width = shape.at(-1) as number;
    this.#group = shape.length > 2 ? (shape[1] as number) : 0;
  }

  begin(): Promise<void> {
    return this.#output.write("[");
  }

  rows(values: Float32Array): Promise<void> {
    return this.#output.write(lines(values, this.#width, (row) => `${this.#before()}[${row.join(",")}]`, jsonText));
  }

  /** What stands before the next row. */
  #before(): string {
    const [count, group] = [this.#count++, this.#group];
    const comma = count === 0 ? "" : ",\n";
    if (group === 0) return comma;
    return count % group === 0 ? `${count === 0 ? "" : "]"}${comma}[` : comma;
  }

  async end(): Promise<void> {
    const open = this.#group > 0 && this.#count > 0;
    await this.#output.write(`${open ? "]" : ""}]\n`);
  }
}

async function npyWriter(output: Output, [steps, ...others]: Shape): Promise<RowWriter> {
  const { saveNpy } = await import("lstm-wasm/npy");
  // NumPy's header leaves room for a first size of any length, so that a file can grow.
  const blank = Buffer.from(saveNpy(Tensor.zeros([0, ...others]))).toString("latin1");
  const header = (count: number) => {
    const grown = blank.replace("(0,", `(${count},`);
    return Buffer.from(grown.replace(" ".repeat(grown.length - blank.length + 1), " "), "latin1");
  };
  if (steps === undefined && !output.rewinds) {
    throw new Complaint(
      "npy begins with the number of steps, which is not known here; name a file: --output out.npy",
      2,
    );
  }
  const size = others.reduce((a, b) => a * b, 1);
  let count = 0;
  return {
    begin: () => output.write(header(steps ?? 0)),
    rows: (values) => {
      count += values.length;
      return output.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
    end: async () => {
      if (steps === undefined) await output.write(header(size === 0 ? 0 : count / size), 0);
    },
  };
}
