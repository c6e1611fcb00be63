/** `virtual:reference`, which `site/reference/plugin.ts` makes. */
import type { Contents, Entry, Page, SearchDocument } from "./model.js";

export declare const contents: Contents;
/** By the entries' names. */
export declare const entries: Readonly<Record<string, () => Promise<{ default: Entry }>>>;
/** By the pages' addresses. */
export declare const pages: Readonly<Record<string, () => Promise<{ default: Page }>>>;
export declare const search: () => Promise<{ default: readonly SearchDocument[] }>;
