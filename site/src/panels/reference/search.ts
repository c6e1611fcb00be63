import { search as loadDocuments } from "virtual:reference";
import type MiniSearch from "minisearch";
import type { Closeable } from "../../panel.js";
import type { SearchDocument } from "./model.js";

export interface Hit extends SearchDocument {
  /** The words of the document that fit the query. */
  readonly words: readonly string[];
}

/** A word, or a Chinese character: there nothing stands between words. */
const WORDS = /\p{Script=Han}|[\p{L}\p{N}_]+/gu;
/** packPaddedSequence: pack, Padded, Sequence. */
const PARTS = /\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})|\p{N}+/gu;

/** The search over exports and pages. It is loaded when it is first asked for. */
export class Search implements Closeable {
  #index: Promise<MiniSearch<SearchDocument>> | undefined;

  /** Loads everything, so that `find` answers at once. */
  async load(): Promise<void> {
    this.#index ??= build();
    try {
      await this.#index;
    } catch (error) {
      this.#index = undefined; // it may work later
      throw error;
    }
  }

  /** The best hits for a query; none for an empty one. */
  async find(query: string, most: number): Promise<Hit[]> {
    await this.load();
    const wanted = query.toLowerCase();
    const results =
      (await this.#index)?.search(query, {
        // First what has the very name, then names of which it is most. What has a name of its own precedes parts of it.
        boostDocument: (_, __, stored) => {
          const name = String(stored?.title).toLowerCase();
          if (name === wanted) return 10;
          const share = name.includes(wanted) ? wanted.length / name.length : 0;
          return (1 + share) * (name.includes(".") ? 1 : 1.5);
        },
      }) ?? [];
    return results.slice(0, most).map((result) => ({
      id: result.id as string,
      title: result.title as string,
      place: result.place as string,
      text: result.text as string,
      words: Object.keys(result.match),
    }));
  }

  close(): void {
    this.#index = undefined;
  }
}

async function build(): Promise<MiniSearch<SearchDocument>> {
  const [{ default: Index }, { default: documents }] = await Promise.all([import("minisearch"), loadDocuments()]);
  const index = new Index<SearchDocument>({
    fields: ["title", "text"],
    storeFields: ["title", "place", "text"],
    tokenize: tokens,
    searchOptions: {
      boost: { title: 4 },
      combineWith: "AND",
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      prefix: true,
      tokenize: (query) => query.match(WORDS) ?? [],
    },
  });
  await index.addAllAsync(documents, { chunkSize: 15 }); // so that the page does not freeze meanwhile
  return index;
}

/** The words of a text, and the parts of names: "sequence" finds packPaddedSequence. */
function tokens(text: string): string[] {
  return (text.match(WORDS) ?? []).flatMap((word) => {
    const parts = word.match(PARTS) ?? [];
    return parts.length > 1 ? [word, ...parts] : [word];
  });
}
