import type { Code } from "../src/panels/reference/model.js";

/** Joins code: `code\`readonly ${type}[]\``. */
export function code(strings: TemplateStringsArray, ...values: readonly (string | Code)[]): Code {
  return strings.flatMap((text, index) => {
    const value = values[index] ?? "";
    return [text, ...(typeof value === "string" ? [value] : value)].filter((part) => part !== "");
  });
}

export function join(parts: readonly Code[], between: string): Code {
  return parts.flatMap((part, index) => (index === 0 ? part : [between, ...part]));
}

export const plain = (text: Code): string => text.map((part) => (typeof part === "string" ? part : part.text)).join("");
