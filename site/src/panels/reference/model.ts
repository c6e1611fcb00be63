/** What the reference consists of. `site/reference/` makes it of the package's declarations and of its docs when the site is built. */

/** Code, in which the names that the reference has are links: `to` is an address as in `Contents`. */
export type Code = readonly (string | { readonly text: string; readonly to: string })[];

/** HTML that was made of our own Markdown. */
export type Html = string;

/** All that can be opened, by addresses: what follows `#/reference/` in the page's own address. */
export interface Contents {
  readonly entries: readonly EntryLine[];
  readonly pages: readonly PageLine[];
}

/** An entry of the package: its address is what one imports, "lstm-wasm/nn". */
export interface EntryLine {
  readonly name: string;
  readonly html: Html;
  /** Other entries with the same exports. */
  readonly sameAs: readonly string[];
  /** The exports of another entry that this one has too: "lstm-wasm". */
  readonly includes: string | undefined;
  readonly items: readonly ItemLine[];
}

/** An export: its address is the entry's and its name, "lstm-wasm/nn/Linear". */
export interface ItemLine {
  readonly name: string;
  readonly kind: ItemKind;
  /** False for what can not be imported, and is here because the types of exports name it. */
  readonly exported: boolean;
}

export type ItemKind = "class" | "function" | "interface" | "type" | "namespace" | "value";

/** A page of the docs: its address is its path without ".md", "docs/training". */
export interface PageLine {
  readonly address: string;
  readonly title: string;
  readonly language: "en" | "zh";
}

export interface Page {
  readonly html: Html;
}

/** The items of an entry, by name. */
export type Entry = Readonly<Record<string, Item>>;

export interface Item extends ItemLine {
  /** What it is, in TypeScript: of a function one for each overload. */
  readonly declarations: readonly Declaration[];
  /** Of a class, an interface, an object or a namespace: its address is the item's and its name, "lstm-wasm/LSTM/forward". */
  readonly members: readonly Member[];
}

export interface Member {
  readonly name: string;
  readonly kind: "constructor" | "method" | "property";
  /** From where it is inherited. */
  readonly from: Code | undefined;
  readonly declarations: readonly Declaration[];
}

export interface Declaration {
  readonly code: Code;
  readonly html: Html;
  readonly parameters: readonly Parameter[];
  readonly returns: Html | undefined;
  readonly throws: readonly Html[];
}

/** What a docstring says of a parameter; `name` may be that of an option, "options.seed". */
export interface Parameter {
  readonly name: string;
  readonly html: Html;
}

/** What the search looks through. */
export interface SearchDocument {
  /** Its address. */
  readonly id: string;
  /** A name, or a heading. */
  readonly title: string;
  /** Where it is: an entry and an item, or a page. */
  readonly place: string;
  readonly text: string;
}
