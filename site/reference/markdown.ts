import MarkdownIt, { type Token } from "markdown-it";
import type { Html } from "../src/panels/reference/model.js";

/** What becomes of a link's target: an address of the page itself or of the web, or the path of a file that is not shown. */
export type Target = { readonly href: string } | { readonly file: string };

/** How the text around it reads a Markdown text. */
export interface Place {
  target(href: string): Target;
  /** The source of an image. */
  image(src: string): string;
  /** The id of a heading, of its text. */
  id(heading: string): string;
}

/** A heading and what stands under it, as plain text. */
export interface Section {
  readonly id: string;
  readonly heading: string;
  readonly text: string;
}

const markdown = new MarkdownIt({ html: false });
const { rules } = markdown.renderer;
// What is wider than a phone is scrolled by itself, also by keyboard.
rules.table_open = () => '<div class="scroll" tabindex="0" role="region"><table>';
rules.table_close = () => "</table></div>";
rules.fence = (tokens, index) => {
  const { content, info } = tokens[index] as Token;
  const language = markdown.utils.escapeHtml(info.split(" ")[0] ?? "");
  return `<pre tabindex="0" data-language="${language}"><code>${markdown.utils.escapeHtml(content)}</code></pre>`;
};

/** HTML of Markdown, its headings one level lower: the page has a title already. Links and images lead where `place` says. */
export function toHtml(text: string, place: Place): Html {
  const tokens = markdown.parse(text, {});
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open" || token.type === "heading_close") {
      token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 1)}`;
      if (token.nesting === 1) {
        token.attrSet("id", place.id(textOf(tokens[index + 1] as Token)));
        token.attrSet("tabindex", "-1"); // a link to it moves the focus there
      }
    }
    const alignment = /^text-align:(\w+)$/.exec(String(token.attrGet("style") ?? ""))?.[1];
    // The page's policy lets no element have a style of its own.
    if (alignment !== undefined) token.attrs = [["class", alignment]];
    if (token.children !== null) token.children = withoutChineseBreaks(token.children).flatMap(linker(place));
  }
  return markdown.renderer.render(tokens, markdown.options, {});
}

/** A line that ends within Chinese goes on without a space, which a browser would show. */
function withoutChineseBreaks(tokens: readonly Token[]): Token[] {
  const isChinese = (text: string | undefined) => /^[\p{Script=Han}，。；：、？！（）“”]$/u.test(text ?? "");
  return tokens.filter(({ type }, at) => {
    const [before, after] = [tokens[at - 1]?.content.at(-1), tokens[at + 1]?.content[0]];
    return !(type === "softbreak" && isChinese(before) && isChinese(after));
  });
}

/** Points links and images to their places. A link to a file that is not shown becomes its text and the file's path. */
function linker(place: Place): (token: Token) => Token[] {
  /** The targets of the links that are open. */
  let open: Target | undefined;
  let inside = "";
  return (token) => {
    if (token.type === "image") {
      token.attrSet("src", place.image(String(token.attrGet("src"))));
      token.attrSet("loading", "lazy");
    }
    if (token.type === "link_open") {
      inside = "";
      open = place.target(String(token.attrGet("href")));
      if ("file" in open) return [];
      token.attrSet("href", open.href);
    } else if (token.type === "link_close") {
      const target = open;
      open = undefined;
      if (target !== undefined && "file" in target) return inside === target.file ? [] : pathAfter(target.file);
    } else inside += token.content;
    return [token];
  };
}

function pathAfter(file: string): Token[] {
  const [inline] = markdown.parseInline(` (\`${file}\`)`, {});
  return inline?.children ?? [];
}

/** The sections of a page; `idOf` is asked for each heading in turn. What stands above the first heading is left out. */
export function sectionsOf(text: string, idOf: (heading: string) => string): Section[] {
  const sections: { id: string; heading: string; text: string }[] = [];
  const tokens = markdown.parse(text, {});
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const heading = textOf(tokens[index + 1] as Token);
      sections.push({ id: idOf(heading), heading, text: "" });
    } else if (tokens[index - 1]?.type !== "heading_open") {
      const last = sections.at(-1);
      if (last !== undefined) last.text += `${textOf(token)} `;
    }
  }
  return sections.map((section) => ({ ...section, text: section.text.replace(/\s+/g, " ").trim() }));
}

/** What a token shows, without its marks. */
function textOf({ children, content, type }: Token): string {
  if (children === null) return type === "heading_open" ? "" : content;
  return children.map((child) => (child.type === "softbreak" ? " " : child.content)).join("");
}

/** The plain text of Markdown. */
export const plainText = (text: string): string =>
  markdown.parse(text, {}).map(textOf).join(" ").replace(/\s+/g, " ").trim();
