/** What a file of JSON must hold: integers, and numbers in arrays of a shape. */
import { describe, shapeText } from "../../checks/describe.js";
import { Tensor } from "../../tensor/tensor.js";
import { badFile } from "../bytes.js";
import { isObject, type JsonObject } from "../json-objects.js";

export const invalid = (why: string, options?: { cause: unknown }) =>
  badFile(`Not a readable audio model: ${why}`, options);

/** @throws LSTMError for text that is no JSON object */
export function parse(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badFile(`Not a readable audio model: it is not JSON (${cause instanceof Error ? cause.message : cause})`, {
      cause,
    });
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
  const rows: unknown = rank === 1 ? [value] : value;
  const columns = Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0].length : 0;
  const even = columns > 0 && (rows as unknown[]).every((row) => Array.isArray(row) && row.length === columns);
  const values = even ? (rows as unknown[][]).flat() : [value];
  const wrong = values.find((number) => !Number.isFinite(number));
  if (even && wrong === undefined) {
    return new Tensor(
      new Float32Array(values as number[]),
      rank === 1 ? [columns] : [values.length / columns, columns],
    );
  }
  const expected = rank === 1 ? "an array of numbers" : "arrays of numbers, all of one length";
  throw invalid(`${what} must be ${expected}, got ${describe(wrong)}`);
}

export function checkShape(what: string, { shape }: Tensor, expected: readonly number[]): void {
  if (shape.join() === expected.join()) return;
  throw invalid(`${what} must have shape ${shapeText(expected)}, got ${shapeText(shape)}`);
}
