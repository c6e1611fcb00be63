/** How results are held to what they must be. Plain errors, since the fuzzer also runs outside a test runner. */
import { LSTMError, type LSTMErrorCode, PackedSequence, Tensor } from "lstm-wasm";

/** Throws, with the place of what is wrong. */
export function fail(what: string): never {
  throw new Error(what);
}

/** Holds two results to have the same shapes and bits; every NaN is as good as another. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [a, e] = [parts(actual), parts(expected)];
  if (a.map(({ name }) => name).join() !== e.map(({ name }) => name).join()) {
    fail(`${what}: has ${a.map(({ name }) => name)}, expected ${e.map(({ name }) => name)}`);
  }
  for (const [index, { name, values }] of a.entries()) {
    const wanted = e[index]?.values as ArrayLike<number>;
    for (let i = 0; i < wanted.length; i++) {
      if (Object.is(values[i], wanted[i])) continue;
      fail(`${what}: ${name} [${i}] is ${values[i]}, expected ${wanted[i]}`);
    }
  }
}

/** All arrays in a result, under names that tell place and shape. */
function parts(value: unknown, path = ""): { name: string; values: ArrayLike<number> }[] {
  if (value === undefined || value === null) return [];
  if (ArrayBuffer.isView(value)) {
    const values = value as Float32Array;
    return [{ name: `${path}(${values.length})`, values }];
  }
  if (value instanceof Tensor) return [{ name: `${path}[${value.shape.join("x")}]`, values: value.data }];
  if (value instanceof PackedSequence) {
    const { data, batchSizes, sortedIndices } = value;
    return Object.entries({ data, batchSizes, sortedIndices }).flatMap(([name, inner]) =>
      parts(inner, `${path}.${name}`),
    );
  }
  if (typeof value === "object")
    return Object.entries(value).flatMap(([name, inner]) => parts(inner, `${path}.${name}`));
  return [{ name: `${path}=${String(value)}`, values: [] }];
}

/** Holds values to the float64 reference within `tolerance` of the largest magnitude. */
export function expectClose(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  if (actual.length !== expected.length) fail(`${what}: ${actual.length} values, expected ${expected.length}`);
  let largest = 0.25;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i] as number));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] as number) - (expected[i] as number)) / largest;
    if (!(error <= tolerance)) fail(`${what} [${i}] is ${actual[i]}, the reference ${expected[i]}`);
  }
}

/** What an action throws, or undefined. An error that is no LSTMError, or tells of a crash, fails at once. */
export function attempt(action: () => unknown): LSTMError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof LSTMError && error.code !== "INSTANCE_TRAPPED") return error;
    throw new Error(`not a refusal, but ${String(error)}`, { cause: error });
  }
}

/** Holds an action to be refused with one of these codes, in plain words. */
export function expectRefusal(what: string, codes: readonly LSTMErrorCode[], action: () => unknown): LSTMError {
  const error = attempt(action);
  if (error === undefined) fail(`${what}: was taken, expected ${codes.join(" or ")}`);
  if (!codes.includes(error.code)) fail(`${what}: expected ${codes.join(" or ")}, got ${error.code}: ${error.message}`);
  if (/undefined is not|Cannot read|is not a function|\[object /.test(error.message))
    fail(`${what}: says "${error.message}"`);
  return error;
}

/** Whether two arrays have the same values; NaN is equal to itself, and 0 is not -0. */
export const sameValues = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (value, index) => Object.is(value, b[index]));
