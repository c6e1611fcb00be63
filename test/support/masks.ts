import type { Between } from "./reference.js";

/**
 * Dropout by its definition, for one sequence: value number n of a layer's output falls to word n % 4 of Philox's block
 * n / 4.
 */
export function masks({ p, seed, call }: { p: number; seed: number; call: number }): Between {
  const probability = Math.fround(p);
  const key = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)];
  return (output, layer) =>
    output.map((row, t) =>
      row.map((value, column) => {
        const index = t * row.length + column;
        const random = philox([index >> 2, call, layer, 0], key)[index & 3] as number;
        return random < probability * 2 ** 32 ? 0 : value / (1 - probability);
      }),
    );
}

/** Philox4x32-10 of Salmon et al. 2011, in big integers. */
function philox(counter: number[], key: number[]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const [first, second] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [(second >> 32n) ^ c1 ^ k0, second & mask, (first >> 32n) ^ c3 ^ k1, first & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [c0, c1, c2, c3].map(Number);
}
