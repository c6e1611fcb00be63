/**
 * README.zh-CN.md says what README.md says: section by section the same samples, figures, commands, links and pictures. A
 * change of README.md alone fails here, and the message names the section. test/docs.test.ts runs the samples of both.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** What does not depend on the language. */
interface Section {
  readonly heading: string;
  readonly level: number;
  /** Code blocks without the words of their comments; what a sample prints, after `→`, stays. */
  readonly code: readonly string[];
  /** The tables' rows: cells of figures in full, of others only that they are there. */
  readonly rows: readonly string[];
  /** The rest, without an order, because a sentence may have another one in another language. */
  readonly figures: readonly string[];
  readonly inlineCode: readonly string[];
  readonly links: readonly string[];
}

/** Code without its comments in words: `#` begins one in Python and in a shell, `//` in JavaScript. */
const withoutComments = (language: string, code: string): string =>
  code.replace(language === "js" || language === "ts" ? /\s*\/\/ (?!→).*$/gm : /\s*# (?!→).*$/gm, "");

const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found]) => found as string);

/** A cell of figures, or with the name of a case such as "step (64, 128)"; of one in words nothing. */
const figuresOf = (cell: string): string => (/^[\d×–:-]|^[\w ]+\([\d, ]+\)$/.test(cell) ? cell : "words");

function section(text: string): Section {
  const [heading = ""] = text.split("\n", 1);
  const blocks = [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)];
  const prose = text.replace(/^```.*?^```$/gms, "");
  const words = prose.replace(/\]\([^)\s]+\)/g, "]").replace(/`[^`\n]+`/g, "");
  return {
    heading,
    level: /^#*/.exec(heading)?.[0].length ?? 0,
    code: blocks.map(([, language = "", code = ""]) => `${language}\n${withoutComments(language, code)}`),
    rows: all(prose, /^\| (.*) \|$/gm).map((row) => row.split(" | ").map(figuresOf).join(" | ")),
    figures: all(words, /(\d[\d.,]*(?:e-?\d+)?(?<![.,])(?: [kM]B| µs)?)/g).sort(),
    inlineCode: all(prose, /`([^`\n]+)`/g).sort(),
    links: all(prose, /\]\(([^)\s]+)\)/g).sort(),
  };
}

/** The sections, each with its heading. A line `# …` inside of a code block begins none. */
function sectionsOf(page: string): Section[] {
  const text = readFileSync(join(import.meta.dirname, "..", page), "utf8");
  const lines = text.split("\n");
  let inCode = false;
  const starts = lines.flatMap((line, index) => {
    if (line.startsWith("```")) inCode = !inCode;
    return !inCode && /^#+ /.test(line) ? [index] : [];
  });
  return starts.map((start, nth) => section(lines.slice(start, starts[nth + 1]).join("\n")));
}

const english = sectionsOf("README.md");
const chinese = sectionsOf("README.zh-CN.md");

test("each README links to the other in its first lines", () => {
  expect(english[0]?.links).toContain("README.zh-CN.md");
  expect(chinese[0]?.links).toContain("README.md");
});

test("README.zh-CN.md has as many headings as README.md, of the same levels", () => {
  expect(english.length).toBeGreaterThan(5);
  expect(chinese.map(({ level }) => level)).toEqual(english.map(({ level }) => level));
});

const PARTS = {
  code: "samples, but for their comments",
  rows: "table",
  figures: "figures",
  inlineCode: "names and commands in backquotes",
  links: "links and pictures",
} as const;

/** The link to the other language is the only one that differs. */
const withoutLanguages = (part: readonly string[]) => part.filter((one) => !/^README(\.zh-CN)?\.md$/.test(one));

test.each(english.map((section, index) => ({ ...section, index })))("under $heading both say the same", (ours) => {
  const theirs = chinese[ours.index];
  for (const part of Object.keys(PARTS) as (keyof typeof PARTS)[]) {
    const where = `README.zh-CN.md, under "${theirs?.heading}", must have the ${PARTS[part]} that README.md has under "${ours.heading}"`;
    expect(withoutLanguages(theirs?.[part] ?? []), where).toEqual(withoutLanguages(ours[part]));
  }
});
