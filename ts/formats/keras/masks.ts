/** Masked steps: the recurrent layers skip them, and Keras says what stands in their places. */

import type { PackedSequence } from "../../tensor/packed-sequence.js";
import { packPaddedSequence, padPackedSequence } from "../../tensor/padding.js";
import { Tensor } from "../../tensor/tensor.js";

/** (batch, steps, columns), and for each step whether it counts; without a mask all do. */
export interface Sequences {
  readonly rows: Tensor;
  readonly mask: Uint8Array | undefined;
}

/** The sequences from their ends. */
export function turnedRound({ rows, mask }: Sequences): Sequences {
  const [batch = 0, steps = 0, columns = 0] = rows.shape;
  const data = new Float32Array(rows.size);
  const turned = mask && new Uint8Array(mask.length);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < steps; t++) {
      const [from, to] = [b * steps + t, b * steps + steps - 1 - t];
      data.set(rows.data.subarray(from * columns, (from + 1) * columns), to * columns);
      if (mask && turned) turned[to] = mask[from] as number;
    }
  }
  return { rows: new Tensor(data, rows.shape), mask: turned };
}

/** The steps that count, one after the other. */
export function packed(rows: Tensor, mask: Uint8Array): PackedSequence {
  const [batch = 0, steps = 0, columns = 0] = rows.shape;
  const data = new Float32Array(rows.size);
  const lengths = new Int32Array(batch);
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue;
    const b = Math.floor(at / steps);
    const to = b * steps + (lengths[b] as number);
    data.set(rows.data.subarray(at * columns, (at + 1) * columns), to * columns);
    (lengths[b] as number) += 1;
  }
  return packPaddedSequence(new Tensor(data, rows.shape), lengths, { batchFirst: true, enforceSorted: false });
}

/**
 * The inverse of `packed`: a masked step has zeros, or the last output again, each direction's in the order in which it reads.
 *
 * @param reverseFrom the column where the reverse direction begins
 */
export function unpacked(
  output: PackedSequence,
  mask: Uint8Array,
  steps: number,
  zeros: boolean,
  reverseFrom: number,
): Tensor {
  const [padded] = padPackedSequence(output, { batchFirst: true }) as [Tensor, unknown];
  const [batch = 0, longest = 0, columns = 0] = padded.shape;
  const shape = [batch, steps, columns];
  const data = new Float32Array(batch * steps * columns);
  for (let b = 0; b < batch; b++) {
    const row = mask.subarray(b * steps, (b + 1) * steps);
    let count = 0;
    for (let t = 0; t < steps; t++) {
      const counts = row[t] !== 0;
      if (counts) count++;
      if (zeros && !counts) continue;
      // The forward direction's last output is of the step before, the reverse direction's of the step behind.
      const copy = (from: number, begin: number, end: number) => {
        if (from < 0 || from >= longest) return;
        const source = (b * longest + from) * columns;
        data.set(padded.data.subarray(source + begin, source + end), (b * steps + t) * columns + begin);
      };
      copy(count - 1, 0, reverseFrom);
      copy(counts ? count - 1 : count, reverseFrom, columns);
    }
  }
  return new Tensor(data, shape);
}

/** The mask of rows: whether any of a step's values is another than `value`. The masked rows become zeros. */
export function masking(rows: Tensor, value: number): Sequences {
  const [batch = 0, steps = 0, columns = 0] = rows.shape;
  const data = rows.data.slice();
  const mask = new Uint8Array(batch * steps);
  const masked = Math.fround(value);
  for (let at = 0; at < mask.length; at++) {
    const row = data.subarray(at * columns, (at + 1) * columns);
    if (row.some((one) => one !== masked)) mask[at] = 1;
    else row.fill(0);
  }
  return { rows: new Tensor(data, rows.shape), mask };
}
