/** HDF5 files, through jsfive. */
import { type Dataset, File, type Group } from "jsfive";
import { shapeText } from "../../checks/describe.js";
import { LSTMError } from "../../checks/errors.js";
import { Tensor } from "../../tensor/tensor.js";
import { quote } from "../json-reader.js";
import { invalid } from "./config.js";
import type { NamedArray } from "./tfjs.js";

/** As many times its bytes as what is read of a file may take: weights are packed to a tenth at most. */
const MAX_EXPANSION = 32;

/** A file, or a group in one. What jsfive throws, text also, becomes an LSTMError. */
export class Hdf5Group {
  private constructor(
    readonly group: Group,
    readonly path: string,
    readonly budget: { bytes: number },
  ) {}

  static open(bytes: Uint8Array): Hdf5Group {
    const file = guarded("/", () => new File(bytes.slice().buffer, "model.h5"));
    return new Hdf5Group(file, "", { bytes: MAX_EXPANSION * bytes.length });
  }

  get names(): string[] {
    return guarded(this.path, () => this.group.keys);
  }

  /** A group in this one by its path; undefined if there is none. */
  child(path: string): Hdf5Group | undefined {
    let group: Hdf5Group | undefined = this;
    for (const name of path.split("/")) {
      if (group === undefined || !group.names.includes(name)) return undefined;
      const parent: Group = group.group;
      const below: string = `${group.path}/${name}`;
      const found: Group | Dataset | null = guarded(below, () => parent.get(name));
      group = found === null || "shape" in found ? undefined : new Hdf5Group(found, below, this.budget);
    }
    return group;
  }

  /** An attribute's text, without the zeros that fill it up. */
  text(name: string): string | undefined {
    const value = this.#attribute(name);
    return typeof value === "string" ? value.replace(/\0+$/, "") : undefined;
  }

  /** An attribute's list of texts; Keras splits a long one into `name0`, `name1` and so on. */
  texts(name: string): string[] | undefined {
    const whole = this.#attribute(name);
    const parts: unknown[] = [];
    if (Array.isArray(whole)) parts.push(...whole);
    else if (whole === undefined) {
      for (let part = 0; ; part++) {
        const value = this.#attribute(`${name}${part}`);
        if (!Array.isArray(value)) break;
        parts.push(...value);
      }
      if (parts.length === 0) return undefined;
    } else return undefined;
    return parts.filter((part) => typeof part === "string").map((part) => part.replace(/\0+$/, ""));
  }

  #attribute(name: string): unknown {
    return guarded(this.path, () => {
      const { attrs } = this.group;
      const value = Object.hasOwn(attrs, name) ? attrs[name] : undefined;
      if (value !== null) return value;
      throw invalid(
        `the attribute ${quote(name)} of the group ${quote(this.path || "/")} is of a type that is not read`,
      );
    });
  }

  /** The dataset at a path, to be read. */
  array(path: string): NamedArray {
    return { name: path, read: () => this.#read(path) };
  }

  #read(path: string): Tensor {
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 ? this : this.child(path.slice(0, slash));
    const name = path.slice(slash + 1);
    const where = `${this.path}/${path}`;
    if (parent === undefined || !parent.names.includes(name)) throw invalid(`it has no array ${quote(where)}`);
    return guarded(where, () => {
      const dataset = parent.group.get(name);
      if (dataset === null || !("shape" in dataset)) throw invalid(`${quote(where)} is no array`);
      const { shape, dtype } = dataset;
      const size = /^[<>]f[248]$/.test(String(dtype)) ? Number(String(dtype)[2]) : 0;
      if (size === 0) throw invalid(`the array ${quote(where)} is of type ${String(dtype)}; floats are read`);
      const count = shape.reduce((a, b) => a * b, 1);
      this.budget.bytes -= count * size;
      if (shape.length > 8 || !(this.budget.bytes >= 0)) {
        throw invalid(`the array ${quote(where)} claims shape ${shapeText(shape)}, too large for the file`);
      }
      const { value } = dataset;
      if (value?.length !== count)
        throw invalid(`the array ${quote(where)} has not all of its values (a truncated file?)`);
      return new Tensor(Float32Array.from(value as ArrayLike<number>), shape);
    });
  }
}

/** jsfive throws texts, and RangeErrors for places beyond the file's end. */
function guarded<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof LSTMError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(`HDF5 at ${quote(where || "/")}: ${why.slice(0, 200)} (a truncated file?)`, { cause });
  }
}
