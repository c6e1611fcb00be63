/** What the corpus comes to: `pytorch/segment.py digest CORPUS` must print the same. */
import { createHash } from "node:crypto";
import { loadCorpus, type Piece } from "./corpus.js";
import { encode } from "./tags.js";
import { Vocabulary } from "./vocabulary.js";

const corpus = await loadCorpus(console.error);
const vocabulary = Vocabulary.of(corpus.training);
const parts = [corpus.training, corpus.validation, corpus.test];
const hashed = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
const joined = (line: (piece: Piece) => string): string => parts.map((part) => part.map(line).join("\n")).join("\n\n");

console.log("pieces    ", ...parts.map(({ length }) => length));
console.log("words     ", hashed(joined((piece) => piece.join(" "))));
console.log(
  "tags      ",
  hashed(
    joined((piece) =>
      encode(piece)
        .map((tag) => "BMES"[tag])
        .join(""),
    ),
  ),
);
console.log("vocabulary", hashed(vocabulary.characters), vocabulary.size - 2);
console.log("ids       ", hashed(joined((piece) => [...piece.join("")].map((one) => vocabulary.id(one)).join(" "))));
