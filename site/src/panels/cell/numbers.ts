/** The shortest decimal that is this float32 and no other: the number in full. */
export function full(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = single.toPrecision(digits);
    if (Math.fround(Number(text)) === single) return String(Number(text));
  }
  return String(Number(single.toPrecision(9)));
}

/** Three decimals, with a minus sign as wide as a plus. */
export const short = (value: number): string => value.toFixed(3).replace("-", "−");

/** In per cent with two decimals, or as many more as tell it from 100 %. */
export function percent(share: number): string {
  const decimals = [2, 3, 4, 5, 6].find((count) => Number((100 * share).toFixed(count)) < 100) ?? 2;
  return `${(100 * share).toFixed(decimals)} %`;
}
