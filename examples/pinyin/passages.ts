/** No passage is longer, in UTF-16 units, so that memory stays bounded whatever comes in. */
export const LONGEST = 500;

/**
 * Cuts a text that arrives in chunks into the passages the model reads one by one: its lines, as they stand, without
 * blank ones. A line longer than LONGEST is cut, at the end of a sentence if there is one. Where the chunks happen to
 * end makes no difference.
 *
 * Yields one array for each chunk: all the passages it completes.
 */
export async function* passages(chunks: AsyncIterable<string>): AsyncGenerator<string[]> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split(/[\r\n]+/);
    const pieces = cut(lines.pop() as string);
    rest = pieces.pop() as string; // its line may go on
    yield [...lines.flatMap(cut), ...pieces].filter(notBlank);
  }
  yield [rest].filter(notBlank);
}

const notBlank = (text: string): boolean => text.trim() !== "";

/** A line in pieces of at most LONGEST. */
function cut(line: string): string[] {
  const pieces: string[] = [];
  while (line.length > LONGEST) {
    const piece = firstPiece(line.slice(0, LONGEST));
    pieces.push(piece);
    line = line.slice(piece.length);
  }
  return [...pieces, line];
}

/** Up to the last end of a sentence with the quotes that close there, else the last pause, else all but half a character. */
function firstPiece(head: string): string {
  const [piece] = /^.*[。！？!?…；;][”’」』）)"']*/su.exec(head) ??
    /^.*[，、：,:\s]/su.exec(head) ??
    /^.*[^\ud800-\udbff]/s.exec(head) ?? [head];
  return piece;
}
