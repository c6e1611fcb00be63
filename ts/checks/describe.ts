/** A value as an error message names it: short, on one line, and without calling into the value's own `toString`. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.length <= 8 ? shapeText(value.map(item)) : `an array of ${value.length}`;
  if ("data" in value && "shape" in value) return "a Tensor";
  // A typed array's name, "Object", "Map" ...: read through Object.prototype, so it works across realms.
  return withArticle(Object.prototype.toString.call(value).slice(8, -1));
}

/** "a Float32Array", "an Object", "an LSTM". */
export const withArticle = (name: string): string => `${/^([AEIO]|LSTM|RNN)/.test(name) ? "an" : "a"} ${name}`;

/** `[2, 3]`, as every message writes a shape. */
export const shapeText = (shape: readonly unknown[]): string => `[${shape.join(", ")}]`;

/** One level of an array is enough to recognise it by. */
const item = (value: unknown): string => (Array.isArray(value) ? "[...]" : describe(value));
