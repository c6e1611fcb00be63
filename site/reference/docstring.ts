import { type Comment, type CommentDisplayPart, Reflection, type SignatureReflection } from "typedoc";
import type { Html, Parameter } from "../src/panels/reference/model.js";
import { plainText, toHtml } from "./markdown.js";
import type { AddressOf } from "./type-code.js";

/** What a docstring says, by its tags. */
export interface Docstring {
  readonly html: Html;
  readonly returns: Html | undefined;
  readonly throws: readonly Html[];
  /** All of it as plain text. */
  readonly text: string;
}

export class Docstrings {
  readonly #addressOf: AddressOf;

  constructor(addressOf: AddressOf) {
    this.#addressOf = addressOf;
  }

  read(comment: Comment | undefined): Docstring {
    const tag = (name: string) =>
      (comment?.blockTags ?? []).filter(({ tag }) => tag === name).map(({ content }) => this.#markdown(content));
    const [summary, returns, throws] = [this.#markdown(comment?.summary ?? []), tag("@returns"), tag("@throws")];
    const see = tag("@see").map((text) => `See ${text}`);
    return {
      html: this.#html([summary, ...see].join("\n\n")),
      returns: returns[0] === undefined ? undefined : this.#html(returns[0]),
      throws: throws.map((text) => this.#html(text)),
      text: [summary, ...returns, ...throws].map(plainText).join(" "),
    };
  }

  /** What it says of each parameter, and of single options of one: `@param options.seed`. */
  parameters({ parameters = [] }: SignatureReflection): Parameter[] {
    return parameters.flatMap(({ name, comment, type }) => {
      const own = comment === undefined ? [] : [{ name, html: this.#html(this.#markdown(comment.summary)) }];
      const literal = type?.type === "reflection" ? (type.declaration.children ?? []) : [];
      const written = literal.flatMap((option) =>
        option.comment === undefined ? [] : [{ name: option.name, parts: option.comment.summary }],
      );
      const named = type?.type === "reference" ? Object.entries(type.highlightedProperties ?? {}) : [];
      const options = [...written, ...named.map(([option, parts]) => ({ name: option, parts }))];
      return [
        ...own,
        ...options.map((option) => ({
          name: `${name}.${option.name}`,
          html: this.#html(this.#markdown(option.parts)),
        })),
      ];
    });
  }

  #markdown(parts: readonly CommentDisplayPart[]): string {
    return parts
      .map((part) => {
        const address =
          part.kind === "inline-tag" && part.target instanceof Reflection ? this.#addressOf(part.target) : undefined;
        return address === undefined ? part.text : `[\`${part.text}\`](#/reference/${address})`;
      })
      .join("");
  }

  #html(text: string): Html {
    return toHtml(text, PLAIN);
  }
}

/** Docstrings have neither headings nor images, and link to nothing but the web and each other. */
const PLAIN = {
  id: (heading: string): string => {
    throw new Error(`a docstring has the heading ${heading}`);
  },
  image: (src: string): string => {
    throw new Error(`a docstring has the image ${src}`);
  },
  target: (href: string) => {
    if (/^(https:\/\/|#\/reference\/)/.test(href)) return { href };
    throw new Error(`a docstring links to ${href}`);
  },
};
