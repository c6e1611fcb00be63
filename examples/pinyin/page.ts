import stringWidth from "string-width";
import type { Reading } from "./pinyin.js";

export interface PageStyle {
  /** The width of a line, in columns of a terminal. */
  readonly columns: number;
  /** Whether characters with several readings stand out by colour; else by a `*` after the reading. */
  readonly colour: boolean;
  /** How a reading is spelled. */
  readonly spell: (pinyin: string) => string;
}

/** What stands in one column of the page. */
interface Cell {
  readonly text: string;
  readonly reading: string;
  readonly probability: number | undefined;
  readonly width: number;
}

/**
 * Characters with their readings aligned under them and, under those, the probabilities of the model's choices:
 *
 *     银   行    行
 *     yín  háng* xíng*
 *          99%   99%
 *
 * As many such groups of lines as the width asks for, each line ending in a newline.
 */
export function page(readings: readonly Reading[], style: PageStyle): string {
  return rows(cells(readings, style), style.columns)
    .map((row) => {
      const lines = [row.map(({ text }) => text), row.map(({ reading }) => reading), row.map(percent)];
      return lines.map((texts) => line(row, texts, style.colour)).join("");
    })
    .join("");
}

/** A character with a reading takes a cell of its own; what is not read (punctuation, words in Latin letters) stays together. */
function cells(readings: readonly Reading[], { columns, colour, spell }: PageStyle): Cell[] {
  const result: Cell[] = [];
  let unread = "";
  const add = (text: string, reading = "", probability?: number): void => {
    const mark = probability !== undefined && !colour ? "*" : "";
    const cell = { text, reading: reading + mark, probability };
    const width = Math.max(...[text, cell.reading, percent(cell)].map(widthOf));
    result.push({ ...cell, width });
  };
  const flush = (): void => {
    // Cells are apart anyway, so white space need not be shown; nor may control characters reach the terminal.
    for (const word of unread.split(/[\s\p{Cc}]+/u)) for (const text of slices(word, columns)) add(text);
    unread = "";
  };
  for (const { char, pinyin, probability } of readings) {
    if (pinyin === char) {
      unread += char;
    } else {
      flush();
      add(char, spell(pinyin), probability);
    }
  }
  flush();
  return result;
}

const graphemes = new Intl.Segmenter();

/** A word in slices that each fit on a line. */
function slices(word: string, columns: number): string[] {
  if (word === "" || widthOf(word) <= columns) return word === "" ? [] : [word];
  const result = [""];
  for (const { segment } of graphemes.segment(word)) {
    const last = result.at(-1) as string;
    if (last === "" || widthOf(last + segment) <= columns) result[result.length - 1] = last + segment;
    else result.push(segment);
  }
  return result;
}

/** As many cells on a row as fit, at least one, a space between them. */
function rows(all: readonly Cell[], columns: number): Cell[][] {
  const result: Cell[][] = [];
  let free = -1;
  for (const cell of all) {
    if (cell.width > free) {
      result.push([]);
      free = Math.max(columns, cell.width);
    }
    (result.at(-1) as Cell[]).push(cell);
    free -= cell.width + 1;
  }
  return result;
}

/** One line of a row, padded by hand because a terminal counts columns, not characters. Nothing if it would be empty. */
function line(row: readonly Cell[], texts: readonly string[], colour: boolean): string {
  let result = "";
  let gap = "";
  for (const [index, { width, probability }] of row.entries()) {
    const text = texts[index] as string;
    if (text !== "") {
      result += gap + (colour && probability !== undefined ? `${shade(probability)}${text}${DEFAULT_COLOUR}` : text);
      gap = "";
    }
    gap += " ".repeat(width - widthOf(text) + 1);
  }
  return result === "" ? "" : `${result}\n`;
}

const percent = ({ probability }: Pick<Cell, "probability">): string =>
  probability === undefined ? "" : `${Math.round(100 * probability)}%`;

const [RED, GREEN, YELLOW, DEFAULT_COLOUR] = ["\u001b[31m", "\u001b[32m", "\u001b[33m", "\u001b[39m"];

/** The less sure the model is, the more it shows. */
const shade = (probability: number) => (probability >= 0.9 ? GREEN : probability >= 0.5 ? YELLOW : RED);

const widths = new Map<string, number>();

/** `stringWidth` is thorough and slow, and the same few thousand characters and readings come again and again. */
function widthOf(text: string): number {
  const known = widths.get(text);
  if (known !== undefined) return known;
  const width = stringWidth(text);
  if (widths.size < 50_000) widths.set(text, width);
  return width;
}
