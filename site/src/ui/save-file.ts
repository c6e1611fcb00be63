import { element } from "./element.js";

/** Hands a file to the visitor. */
export function saveFile(name: string, parts: BlobPart[], type = ""): void {
  const link = element("a", { href: URL.createObjectURL(new Blob(parts, { type })), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}
