/** Values in nested arrays, `[[1, 2, 3], [4, 5, 6]]`. */
import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkArray, type Elements, MAX_DIMENSIONS, typedArrayName, type Values, zeros } from "./elements.js";

const isRow = ({ name }: Elements<Values>, value: unknown): value is readonly unknown[] | Values =>
  Array.isArray(value) || typedArrayName(value) === name;

/** The shape of nested arrays, if the first entries speak for all. */
export function nestedShape(kind: Elements<Values>, argument: string, nested: readonly unknown[]): number[] {
  const shape: number[] = [];
  for (let level: unknown = nested; isRow(kind, level); level = level[0]) {
    if (shape.push(level.length) > MAX_DIMENSIONS) {
      throw new LSTMError(
        "SHAPE_MISMATCH",
        `${argument}: arrays may nest ${MAX_DIMENSIONS} deep; this one is deeper, or holds itself`,
      );
    }
  }
  return shape;
}

/** Copies nested arrays out, and checks on the way that the first entries did speak for all. */
export function flatten<Data extends Values>(
  kind: Elements<Data>,
  argument: string,
  nested: readonly unknown[],
  shape: readonly number[] = nestedShape(kind, argument, nested),
): { data: Data; shape: readonly number[] } {
  const data = zeros(kind, shape);
  const path: number[] = [];
  let next = 0;
  const visit = (value: unknown, depth: number): void => {
    const expected = shape[depth];
    if (expected === undefined && kind.includes(value)) {
      data[next++] = value as number;
    } else if (expected !== undefined && isRow(kind, value) && value.length === expected) {
      for (let i = 0; i < expected; i++) {
        path[depth] = i;
        visit(value[i], depth + 1);
      }
    } else {
      const name = [argument, ...path.slice(0, depth).map((i) => `[${i}]`)].join("");
      const wanted = expected === undefined ? kind.one : `an array of ${expected}, as long as the first`;
      const ragged = isRow(kind, value) || (expected !== undefined && typeof value === "number");
      if (!ragged && typedArrayName(value) !== "") checkArray(kind, name, value);
      throw new LSTMError(ragged ? "SHAPE_MISMATCH" : "DTYPE", `${name} must be ${wanted}, got ${describe(value)}`);
    }
  };
  visit(nested, 0);
  return { data, shape };
}
