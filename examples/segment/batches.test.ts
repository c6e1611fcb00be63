import fc from "fast-check";
import { packSequence, Tensor } from "lstm-wasm";
import { describe, expect, it } from "vitest";
import { byLength, type Example, pack, trainingBatches, unpack } from "./batches.js";

const example = (...ids: number[]): Example => ({ ids, tags: ids.map((id) => (id % 4) as 0 | 1 | 2 | 3) });
const some = fc.array(fc.array(fc.nat(99), { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 40 });

describe("pack", () => {
  it("is what packSequence makes, and unpack undoes it", () => {
    fc.assert(
      fc.property(some, (ids) => {
        const [first = []] = byLength(ids, ({ length }) => length);
        const batch = pack(first.map((one) => example(...one)));
        const expected = packSequence(first.map((one) => new Tensor(one, [one.length, 1])));
        expect([...batch.ids]).toEqual([...expected.data.data]);
        expect(batch.sizes).toEqual(expected.batchSizes);
        expect([...batch.tags]).toEqual([...batch.ids].map((id) => id % 4));
        expect(unpack(Float32Array.from(batch.ids), batch, 1).map((rows) => [...rows])).toEqual(first);
      }),
    );
  });
});

describe("trainingBatches", () => {
  const examples = Array.from({ length: 333 }, (_, i) => example(...new Array(1 + (i % 7)).fill(i)));
  const order = (seed: number, epoch: number) => trainingBatches(examples, seed, epoch).map(({ ids }) => [...ids]);

  it("has every example once, in batches of 16 of like length", () => {
    const batches = trainingBatches(examples, 1, 0);
    expect(batches.map(({ sizes }) => sizes[0]).sort()).toEqual([13, ...new Array(20).fill(16)]);
    const first = batches.flatMap(({ ids, sizes }) => [...ids.subarray(0, sizes[0])]);
    expect(first.sort((a, b) => a - b)).toEqual(examples.map((_, i) => i));
    const spread = batches.map(({ sizes }) => sizes.filter((size) => size === sizes[0]).length - sizes.length);
    expect(Math.min(...spread)).toBeGreaterThanOrEqual(-1);
  });

  it("has an order that seed and epoch decide", () => {
    expect(order(1, 2)).toEqual(order(1, 2));
    expect(order(1, 2)).not.toEqual(order(1, 3));
    expect(order(2, 2)).not.toEqual(order(1, 2));
  });
});
