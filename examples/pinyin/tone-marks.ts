/** Combining marks by tone: macron, acute, caron, grave. The fifth, neutral tone has none. */
const MARKS = ["", "\u0304", "\u0301", "\u030c", "\u0300", ""];

/** `lu:4` and `zhong1 guo2` as they are written: `lǜ`, `zhōng guó`. What carries no tone number stays as it is. */
export function toneMarks(pinyin: string): string {
  return pinyin.replace(/([a-zü:]+)([1-5])/g, (_, letters: string, tone: string) => {
    const syllable = letters.replaceAll("u:", "ü");
    const at = markedLetter(syllable);
    return (syllable.slice(0, at + 1) + MARKS[Number(tone)] + syllable.slice(at + 1)).normalize("NFC");
  });
}

/** The mark stands on a or e; in ou on the o; else on the last vowel; without vowels (m2, ng4) on the first letter m or n. */
function markedLetter(syllable: string): number {
  const open = syllable.search(/[ae]|ou/);
  if (open >= 0) return open;
  const vowels = [...syllable.matchAll(/[iouü]/g)];
  return vowels.at(-1)?.index ?? Math.max(0, syllable.search(/[mn]/));
}
