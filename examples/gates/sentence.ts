import stringWidth from "string-width";
import { bold, dim, type Ink, reverse } from "./bars.js";

/**
 * The sentence on one line with the current symbol marked, as much of it around that symbol as fits.
 *
 * @param current the position to mark, undefined for none
 * @param read whether a position has been read; what is still to come is dim
 */
export function sentence(
  symbols: readonly string[],
  current: number | undefined,
  read: (position: number) => boolean,
  columns: number,
  ink: Ink,
): string {
  const tokens = symbols.map((symbol, position) =>
    position === current ? `[${printable(symbol)}]` : printable(symbol),
  );
  const [first, end] = visible(
    tokens.map((token) => stringWidth(token)),
    current ?? 0,
    columns,
  );
  const shown = tokens.slice(first, end).map((token, index) => {
    const position = first + index;
    if (position === current) return reverse(bold(token, ink), ink);
    return read(position) ? token : dim(token, ink);
  });
  return [...(first > 0 ? ["…"] : []), ...shown, ...(end < tokens.length ? ["…"] : [])].join(" ");
}

/** What can be shown in place of a symbol that takes no column of its own or would move the cursor. */
export function printable(symbol: string): string {
  if (symbol === " ") return "␣";
  return /[\p{Cc}\p{Cs}\s]/u.test(symbol) || stringWidth(symbol) === 0 ? "�" : symbol;
}

/** The range of tokens, a space between them, that fits around the current one, grown on both sides in turn. */
function visible(widths: readonly number[], current: number, columns: number): [first: number, end: number] {
  const all = widths.reduce((sum, width) => sum + width + 1, -1);
  if (all <= columns) return [0, widths.length];
  let [first, end] = [current, current + 1];
  let free = columns - (widths[current] as number) - 4; // an ellipsis on either side
  for (let grew = true; grew; ) {
    grew = false;
    for (const next of [first - 1, end]) {
      const width = widths[next];
      if (width === undefined || width + 1 > free) continue;
      free -= width + 1;
      first = Math.min(first, next);
      end = Math.max(end, next + 1);
      grew = true;
    }
  }
  return [first, end];
}
