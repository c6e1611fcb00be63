import { contents } from "virtual:reference";
import type { EntryLine, PageLine } from "./model.js";

/** The id of the element at an address is the address in the browser's bar: so the browser itself scrolls to it. */
export const idOf = (address: string): string => `/reference/${address}`;

export const hrefOf = (address: string): string => `#${idOf(address)}`;

/** What an address names. */
export type Place =
  | { readonly kind: "overview" }
  | { readonly kind: "unknown"; readonly address: string }
  | { readonly kind: "entry"; readonly entry: EntryLine; readonly address: string }
  | { readonly kind: "item"; readonly entry: EntryLine; readonly item: string; readonly address: string }
  | { readonly kind: "page"; readonly page: PageLine; readonly address: string };

/** What `location.hash` names: `#/reference/lstm-wasm/LSTM/forward`. `address` is that of the document that is shown. */
export function placeOf(hash: string): Place {
  const address = decoded(hash).replace(/^#\/reference\/?/, "");
  if (address === "") return { kind: "overview" };
  const page = longest(contents.pages, ({ address }) => address, address);
  if (page !== undefined) return { kind: "page", page, address: page.address };
  const entry = longest(contents.entries, ({ name }) => name, address);
  if (entry === undefined) return { kind: "unknown", address };
  if (entry.name === address) return { kind: "entry", entry, address };
  const item = longest(entry.items, ({ name }) => `${entry.name}/${name}`, address);
  if (item === undefined) return { kind: "unknown", address };
  return { kind: "item", entry, item: item.name, address: `${entry.name}/${item.name}` };
}

/** Of those whose address an address begins with, the one that takes most of it: "lstm-wasm/nn" and not "lstm-wasm". */
function longest<Each>(all: readonly Each[], addressOf: (each: Each) => string, address: string): Each | undefined {
  const fitting = all.filter((each) => `${address}/`.startsWith(`${addressOf(each)}/`));
  return fitting.sort((a, b) => addressOf(b).length - addressOf(a).length)[0];
}

function decoded(hash: string): string {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash; // half a character, typed by hand
  }
}
