/**
 * Tensors of other libraries: `{ data, shape }` or `{ data, dims }`, and where the values do not lie row by row, how they
 * lie. ndarray, stdlib and NumPy's files (npyjs) each say it in words of their own.
 */
import { describe, shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkArray, checkShape, checkSize, type Elements, product, type Values, zeros } from "./elements.js";
import { flatten } from "./nested.js";
import { contiguous, eachOffset, isContiguous } from "./strides.js";

/** Where the values lie in `data`; row by row from the first on, if nothing is said. */
export interface MemoryLayout {
  /** How many values further the next entry of each dimension lies, as in ndarray; may be negative. */
  readonly stride?: readonly number[] | undefined;
  /** The same under the name of stdlib and PyTorch. */
  readonly strides?: readonly number[] | undefined;
  /** Where the first value lies. */
  readonly offset?: number | undefined;
  /** Without strides: "C" or "row-major", "F" or "column-major". Strides say it all, and `order` is then not looked at. */
  readonly order?: string | readonly number[] | undefined;
  /** As npyjs gives it: true for column by column. */
  readonly fortranOrder?: boolean | undefined;
}

/** A number as JSON can hold it: it has no NaN, no infinities and no negative zero. */
export const toJSON = (value: number): number | string => {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? value : String(value);
};

const SPECIAL = ["NaN", "Infinity", "-Infinity", "-0"];

/** Takes their names for them. A typed array makes numbers of the names. */
const orSpecial = <Data extends Values>(kind: Elements<Data>): Elements<Data> => ({
  ...kind,
  includes: (value) => kind.includes(SPECIAL.includes(value as string) ? Number(value) : value),
});

/** The values of a foreign tensor, row by row. They are copied only if they lie otherwise. Every getter is read once. */
export function readForeign<Data extends Values>(kind: Elements<Data>, argument: string, value: object) {
  const { data, shape, dims, stride, strides = stride, offset, order, fortranOrder } = value as Record<string, unknown>;
  const name = `${argument}.${shape === undefined && dims !== undefined ? "dims" : "shape"}`;
  const dataName = `${argument}.data`;
  const values = Array.isArray(data)
    ? flatten(orSpecial(kind), dataName, data, [data.length]).data
    : checkArray(kind, dataName, data);
  const sizes = checkShape(name, shape ?? dims);
  const columnMajor = strides == null && isColumnMajor(argument, order, fortranOrder);
  const whole = strides == null && (offset ?? 0) === 0;
  // With strides, entries could share values, and little data hold the shape of much memory.
  if (whole || product(sizes) > values.length) checkSize(name, sizes, dataName, values.length);
  if (whole && !columnMajor) return { data: values, shape: sizes };
  const start = checkIntegers(`${argument}.offset`, [offset ?? 0], 1)[0] as number;
  const steps =
    strides == null ? contiguous(sizes, columnMajor) : checkIntegers(`${argument}.strides`, strides, sizes.length);
  return { data: gather(kind, argument, values, sizes, steps, start), shape: sizes };
}

function checkIntegers(name: string, values: unknown, count: number): readonly number[] {
  if (Array.isArray(values) && values.length === count && values.every(Number.isSafeInteger)) return values;
  throw mustBe("SHAPE_MISMATCH", name, `integers, ${count} of them`, values);
}

function gather<Data extends Values>(
  kind: Elements<Data>,
  argument: string,
  values: Data,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): Data {
  const size = product(shape);
  if (size === 0) return zeros(kind, shape);
  let [first, last] = [offset, offset];
  for (const [d, stride] of strides.entries()) {
    const reach = stride * ((shape[d] as number) - 1);
    if (reach < 0) first += reach;
    else last += reach;
  }
  if (first < 0 || last >= values.length) {
    const reach = `values ${first} to ${last}, but data has ${values.length}`;
    throw new LSTMError("SHAPE_MISMATCH", `${argument}: strides ${shapeText(strides)} reach ${reach}`);
  }
  if (isContiguous(shape, strides)) return values.subarray(offset, offset + size) as Data;
  const target = zeros(kind, shape);
  eachOffset(shape, strides, offset, (from, to) => {
    target[to] = values[from] as number;
  });
  return target;
}

const ROW_MAJOR: readonly unknown[] = ["C", "c", "row-major"];
const COLUMN_MAJOR: readonly unknown[] = ["F", "f", "fortran", "column-major"];

function isColumnMajor(argument: string, order: unknown, fortranOrder: unknown): boolean {
  const columns = fortranOrder ?? COLUMN_MAJOR.includes(order);
  if (typeof columns === "boolean" && (order == null || (columns ? COLUMN_MAJOR : ROW_MAJOR).includes(order))) {
    return columns;
  }
  const got = `${describe(order)} and ${describe(fortranOrder)}`;
  throw new LSTMError(
    "SHAPE_MISMATCH",
    `${argument}: order must be "C" or "F", fortranOrder false or true, got ${got}`,
  );
}
