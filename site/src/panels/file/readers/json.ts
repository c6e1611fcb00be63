/** JSON: a model of TensorFlow.js with its shards, or a model of an amplifier. */
import type { Model } from "../model.js";
import { Problem } from "../problem.js";

export async function read(bytes: Uint8Array, beside: Readonly<Record<string, Uint8Array>>): Promise<Model> {
  const text = decoded(bytes);
  const { weightsManifest, modelTopology } = parsed(text);
  if (weightsManifest !== undefined || modelTopology !== undefined) {
    const weights = pathsOf(weightsManifest).map((path) => {
      const found = beside[path.replace(/^.*[\\/]/, "")]; // the visitor's files come without their folder
      if (found === undefined) throw new Problem("shardMissing", path);
      return found;
    });
    return (await import("./keras.js")).read({ modelJson: text, weights });
  }
  return (await import("./audio.js")).read(text);
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem("notText");
  }
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem("notJson", (error as Error).message);
  }
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The shards that model.json names, in its order. What else is wrong with the list, the reader says. */
function pathsOf(manifest: unknown): string[] {
  const groups: unknown[] = Array.isArray(manifest) ? manifest : [];
  return groups
    .flatMap((group) => (group as { paths?: unknown } | null)?.paths ?? [])
    .filter((path) => typeof path === "string");
}
