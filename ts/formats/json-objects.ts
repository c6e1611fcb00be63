/** Objects that JSON.parse made. Only their own properties count, so `__proto__` is a name like others. */

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether it is an object and no array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An own property; undefined if there is none. */
export const ownValue = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** An object in an object; empty if it is not there. */
export function objectIn(object: JsonObject, name: string): JsonObject {
  const value = ownValue(object, name);
  return isObject(value) ? value : {};
}
