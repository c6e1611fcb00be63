/**
 * What the output can show: colours, `mono` a terminal's other effects, such as bold and reverse video, `plain` nothing
 * but characters.
 */
export type Ink = "colour" | "mono" | "plain";

const BLOCKS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Codes of "select graphic rendition". */
const [BOLD, DIM, REVERSE, GREEN, MAGENTA, CYAN] = ["1", "2", "7", "32", "35", "36"];

/** Gates, 0..1: one cell a unit. */
export function gateBar(values: Float32Array, ink: Ink): string {
  return styled(
    [...values].map((value) => [BLOCKS[Math.max(1, level(value))] as string, [GREEN]]),
    ink,
  );
}

/**
 * Values of either sign, one cell a unit: the height is the magnitude, `·` is close to 0. Negative values hang from the
 * top in a colour of their own; where there is neither colour nor reverse video they stand too, with a `-` underneath.
 *
 * @param scale the magnitude of a full block
 * @returns the bar and the line of signs under it, which is empty if there is nothing to mark
 */
export function signedBar(values: Float32Array, scale: number, ink: Ink): [bar: string, signs: string] {
  const cells = [...values].map((value): StyledText => {
    const height = level(Math.abs(value) / scale);
    if (height === 0) return ["·", [DIM]];
    if (value > 0) return [BLOCKS[height] as string, [CYAN]];
    // Reverse video turns a block that leaves the top free into one that fills it.
    return ink === "plain" ? [BLOCKS[height] as string, []] : [BLOCKS[8 - height] as string, [MAGENTA, REVERSE]];
  });
  const signs = [...values].map((value) => (value < 0 && level(-value / scale) > 0 ? "-" : " ")).join("");
  return [styled(cells, ink), ink === "plain" ? signs.trimEnd() : ""];
}

export const bold = (text: string, ink: Ink) => styled([[text, [BOLD]]], ink);
export const dim = (text: string, ink: Ink) => styled([[text, [DIM]]], ink);
export const reverse = (text: string, ink: Ink) => styled([[text, [REVERSE]]], ink);

/** 0 to 8 eighths. */
const level = (part: number) => Math.min(8, Math.round(part * 8));

type StyledText = [text: string, codes: string[]];

/** Neighbours of the same style share their escape codes. */
function styled(texts: readonly StyledText[], ink: Ink): string {
  let result = "";
  let current = "";
  for (const [text, codes] of texts) {
    const style = ink === "plain" ? "" : codes.filter((code) => ink === "colour" || !code.startsWith("3")).join(";");
    if (style !== current) result += `${current && "\u001b[0m"}${style && `\u001b[${style}m`}`;
    current = style;
    result += text;
  }
  return current === "" ? result : `${result}\u001b[0m`;
}
