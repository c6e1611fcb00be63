/** What a file of JSON holds, asked for by names and shapes. Only an object's own properties count, so `__proto__` is a name like others. */
import { describe, shapeText } from "../../checks/describe.js";
import { Tensor } from "../../tensor/tensor.js";
import { badFile } from "../bytes.js";
import { quote } from "../json-reader.js";

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const own = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

export const invalid = (why: string) => badFile(`Not a model of audio that is read: ${why}`);

/** @throws LSTMError for text that is no JSON object */
export function parse(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badFile(
      `Not a model of audio that is read: it is not JSON (${cause instanceof Error ? cause.message : cause})`,
      {
        cause,
      },
    );
  }
  if (!isObject(value)) throw invalid(`it must be a JSON object, got ${describe(value)}`);
  return value;
}

/** A positive integer. */
export function sizeOf(what: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw invalid(`${what} must be an integer from 1 on, got ${describe(value)}`);
}

/** Numbers in arrays nested `rank` deep, all of equal lengths. */
export function numbers(what: string, value: unknown, rank: 1 | 2): Tensor {
  const rows: readonly unknown[] | undefined = !Array.isArray(value) ? undefined : rank === 1 ? [value] : value;
  const columns = Array.isArray(rows?.[0]) ? rows[0].length : 0;
  if (rows === undefined || columns === 0) {
    throw invalid(
      `${what} must be ${rank === 1 ? "an array" : "arrays in an array"} of numbers, got ${describe(value)}`,
    );
  }
  const data = new Float32Array(rows.length * columns);
  rows.forEach((row, r) => {
    if (!Array.isArray(row) || row.length !== columns) {
      throw invalid(`${what} must have rows of ${columns} numbers, like its first; row ${r} is ${describe(row)}`);
    }
    row.forEach((number: unknown, c) => {
      if (typeof number !== "number") throw invalid(`${what} must be of numbers, got ${describe(number)}`);
      data[r * columns + c] = number;
    });
  });
  return new Tensor(data, rank === 1 ? [columns] : [rows.length, columns]);
}

export function checkShape(what: string, { shape }: Tensor, expected: readonly number[]): void {
  if (shape.join() === expected.join()) return;
  throw invalid(`${what} must have shape ${shapeText(expected)}, got ${shapeText(shape)}`);
}

export { quote };
