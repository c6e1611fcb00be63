/**
 * Files that nobody would write: `load` of lstm-wasm/onnx takes them for what they are or throws an LSTMError, in bounded
 * time and memory. `FUZZ_SECONDS=600 npx vitest run test/onnx-fuzz.test.ts` goes on for ten minutes, from another seed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LSTM } from "lstm-wasm";
import { load } from "lstm-wasm/onnx";
import { describe, expect, it } from "vitest";
import { mulberry32 } from "../examples/mulberry32.js";
import { FUZZ_TIMEOUT, fuzz, joined, mutated, takenBy } from "./support/mutate.js";
import { all, field, lstm, message, model, node, tensor, text, type Write } from "./support/onnx-model.js";
import { refuses } from "./support/refusal.js";

const folder = join(import.meta.dirname, "fixtures/onnx");
const files = readdirSync(folder)
  .filter((file) => file.endsWith(".onnx"))
  .map((file) => new Uint8Array(readFileSync(join(folder, file))));
const DATA = "external.onnx.data";
const externalData = { [DATA]: readFileSync(join(folder, DATA)) };

/** What came of a file: true for a model. Anything but a model that holds together or an LSTMError fails the test. */
function outcome(bytes: Uint8Array): Promise<boolean> {
  const read = () => {
    const { layers, tensors } = load(bytes, { externalData });
    expect(Object.getPrototypeOf(tensors)).toBeNull();
    const values = Object.values(tensors).reduce((sum, { size }) => sum + size, 0);
    expect(values).toBeLessThanOrEqual(bytes.length + externalData[DATA].length);
    for (const layer of layers) layer.create({ flipped: layer.attributes.direction === "reverse" }).dispose();
    return layers.length > 0;
  };
  return takenBy(read, 3000, /^(ONNX: |Not a valid ONNX file: )/);
}

it("takes mutated files or refuses them", { timeout: FUZZ_TIMEOUT }, async () => {
  const { rounds, taken } = await fuzz(12_000, (random) => mutated(random, files), outcome);
  expect(taken).toBeGreaterThan(rounds / 20); // most change a weight, a name or nothing that is read
  expect(taken).toBeLessThan(rounds);
});

it("makes nothing else of a truncated file", async () => {
  for (const bytes of files.slice(0, 10)) {
    let taken = 0;
    for (let length = 0; length < bytes.length; length += 1 + (length >> 6)) {
      const part = bytes.subarray(0, length);
      if (!(await outcome(part))) continue;
      taken++; // the graph is whole, and what follows it says nothing of it
      expect(load(part).layers.map(({ stateDict }) => stateDict)).toEqual(
        load(bytes).layers.map(({ stateDict }) => stateDict),
      );
    }
    expect(taken).toBeLessThan(5);
  }
});

it("refuses random bytes", async () => {
  const random = mulberry32(15);
  for (let i = 0; i < 3000; i++) {
    expect(await outcome(Uint8Array.from({ length: Math.floor(random() * 300) }, () => random() * 256))).toBe(false);
  }
});

describe("broken files", () => {
  it("with sizes that overflow, or that no data follows", async () => {
    for (const dims of [[2 ** 52, 2 ** 52], [2 ** 31], [1e9, 1e9, 0], new Array(1000).fill(1), [-1, -4]]) {
      expect(await outcome(model(tensor("W", dims, new Uint8Array(4)), lstm))).toBe(false);
    }
    refuses(() => load(model(tensor("W", [2 ** 40], new Uint8Array(4)), lstm)), "FILE", "[1099511627776]");
    // No value in all, but a size that is beyond the integers.
    refuses(() => load(model(tensor("W", [2 ** 60, 0], new Uint8Array()), lstm)), "FILE", "has the shape");
  });

  it("with fields of numbers that protobuf has not", () => {
    const good = model(tensor("W", [1, 4, 1], new Uint8Array(16)), node("LSTM", ["X", "W", "W"], ["Y"]));
    expect(load(good).layers).toHaveLength(1);
    const unknown = message((pbf) => pbf.writeVarintField(1000, 1));
    expect(load(joined(good, unknown)).layers).toHaveLength(1);
    for (const tag of [0, 7, 2 ** 32, 2 ** 40]) {
      const odd = message((pbf) => {
        pbf.writeVarint(tag);
        pbf.writeVarint(1);
      });
      refuses(() => load(joined(good, odd)), "FILE", "a field is malformed");
    }
    // Groups, which protobuf gave up, and the types 6 and 7, which are none.
    for (const type of [3, 4, 6, 7]) {
      const odd = message((pbf) => pbf.writeTag(1000, type));
      refuses(() => load(joined(good, odd)), "FILE", "a field is malformed");
    }
  });

  it("with a list of numbers that are packed in part", () => {
    const layer = node("LSTM", ["X", "W", "W"], ["Y"]);
    const packed: Write = (pbf) => pbf.writePackedVarint(1, [1, 4]);
    const single: Write = (pbf) => pbf.writeVarintField(1, 1);
    const weight = (...dims: Write[]) =>
      field(5, message(all(...dims, (pbf) => pbf.writeVarintField(2, 1), text(8, "W"), field(9, new Uint8Array(16)))));
    expect(
      load(
        model(
          weight(single, (pbf) => pbf.writeVarintField(1, 4), single),
          layer,
        ),
      ).layers,
    ).toHaveLength(1);
    const nothing: Write = (pbf) => pbf.writeBytesField(1, new Uint8Array());
    expect(
      load(
        model(
          weight(nothing, (pbf) => pbf.writePackedVarint(1, [1, 4, 1])),
          layer,
        ),
      ).layers,
    ).toHaveLength(1);
    expect(
      load(
        model(
          weight(single, nothing, (pbf) => pbf.writeVarintField(1, 4), single),
          layer,
        ),
      ).layers,
    ).toHaveLength(1);
    refuses(() => load(model(weight(packed, single), layer)), "FILE", "a field is malformed");
  });

  it("with a field of another wire type, as a field that is not known", () => {
    const weight = tensor("W", [1, 4, 1], new Uint8Array(16));
    const name = (write: Write) => load(model(weight, node("LSTM", ["X", "W", "W"], ["Y"], write))).layers[0]?.name;
    expect(name(text(3, "own"))).toBe("own");
    expect(name((pbf) => pbf.writeVarintField(3, 1))).toBe("Y");
    expect(name((pbf) => pbf.writeFixed32Field(3, 0x61616161))).toBe("Y");
  });

  it("with the largest integer of 64 bits as the end of a slice", () => {
    const ends = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    const integers = (name: string, packed: number[]) =>
      field(
        5,
        message(
          all(
            (pbf) => pbf.writePackedVarint(1, [1]),
            (pbf) => pbf.writeVarintField(2, 7),
            field(7, new Uint8Array(packed)),
            text(8, name),
          ),
        ),
      );
    const cut = node("Slice", ["w", "start", "end"], ["W"]);
    const parts = [integers("start", [1]), integers("end", ends), tensor("w", [3, 4, 1], new Uint8Array(48)), cut];
    const both = field(5, message(all(text(1, "direction"), text(4, "bidirectional"))));
    const layer = node("LSTM", ["X", "W", "W"], ["Y"], both);
    expect(load(model(...parts, layer)).layers[0]?.options.bidirectional).toBe(true);
  });

  it("with a list whose last number runs past its end", () => {
    const layer = node("LSTM", ["X", "W", "W"], ["Y"]);
    const type: Write = (pbf) => pbf.writeVarintField(2, 1);
    const dims = (...bytes: number[]) =>
      field(5, message(all(text(8, "W"), field(9, new Uint8Array(16)), field(1, new Uint8Array(bytes)), end)));
    let end = type;
    for (const ones of [[1], [0x81, 0]]) expect(load(model(dims(1, 4, ...ones), layer)).layers).toHaveLength(1);
    // The length is 3, and the last number would go on with the 0 behind it.
    end = all((pbf) => pbf.writeVarint(0), type);
    refuses(() => load(model(dims(1, 4, 0x81), layer)), "FILE", "a field is malformed");
  });

  it("with numbers that are none of their type", () => {
    const numbers = (type: number, tag: number, values: number[], write: "Varint" | "Float" | "Double" = "Varint") =>
      field(
        5,
        message(
          all(
            (pbf) => pbf.writePackedVarint(1, [1, 4, 1]),
            (pbf) => pbf.writeVarintField(2, type),
            text(8, "W"),
            (pbf) => pbf[`writePacked${write}`](tag, values),
          ),
        ),
      );
    const cast = node("Cast", ["W"], ["w"], field(5, message(all(text(1, "to"), (pbf) => pbf.writeVarintField(3, 1)))));
    const rnn = node("RNN", ["X", "w", "R"], ["Y"]);
    const read = (...given: Parameters<typeof numbers>) => [
      ...(load(model(numbers(...given), cast, tensor("R", [1, 4, 4], new Uint8Array(64)), rnn)).layers[0]?.stateDict
        .weight_ih_l0?.data ?? []),
    ];
    const [FLOAT, UINT8, INT8, UINT16, INT32, INT64, FLOAT16, DOUBLE] = [1, 2, 3, 4, 6, 7, 10, 11];
    expect(read(INT8, 5, [127, -128, 0, 1])).toEqual([127, -128, 0, 1]);
    expect(read(UINT8, 5, [255, 0, 3, 1])).toEqual([255, 0, 3, 1]);
    expect(read(INT64, 7, [-1, 2 ** 40, 0, 1])).toEqual([-1, 2 ** 40, 0, 1]);
    expect(read(FLOAT16, 5, [0x3c00, 0, 0, 0xbc00])).toEqual([1, 0, 0, -1]);
    expect(read(FLOAT, 4, [0.5, Number.NaN, -0, 1], "Float")).toEqual([0.5, Number.NaN, -0, 1]);
    expect(read(DOUBLE, 10, [0.5, Number.NaN, -0, 1], "Double")).toEqual([0.5, Number.NaN, -0, 1]);
    for (const [type, odd] of [
      [INT8, 300],
      [INT8, -129],
      [UINT8, 256],
      [UINT8, -1],
      [UINT16, 2 ** 16],
      [INT32, 2 ** 31],
      [FLOAT16, 2 ** 16 + 0x3c00],
    ] as const) {
      const message = `tensor "W" has numbers that are not of data type ${type}`;
      refuses(() => read(type, 5, [1, odd, 0, 1]), "FILE", message);
    }
    for (const type of [0, 8, 9, 12, 13, 14]) {
      refuses(() => read(type, 11, [1, 0, 0, 1]), "FILE", `is of data type ${type}, which is not read`);
    }
    // In the field of another type.
    refuses(() => read(FLOAT, 5, [1, 2, 3, 4]), "FILE", "takes 16 bytes, but has 0");
    refuses(() => read(INT64, 10, [1, 2, 3, 4.5], "Double"), "FILE", "takes 32 bytes, but has 0");
  });

  it("with quantised weights that are no integers", () => {
    const own = ["X", "W", "R", "", "", "", "", "", "s", "z", "s", "z"];
    const read = (type: number, values: Uint8Array, zero = new Uint8Array(1), zeroType = 3) =>
      load(
        model(
          tensor("W", [1, 1, 4], values, type),
          tensor("R", [1, 1, 4], new Uint8Array([1, 2, 3, 4]), 3),
          tensor("s", [1], new Uint8Array(new Float32Array([0.5]).buffer)),
          tensor("z", [1], zero, zeroType),
          node("DynamicQuantizeLSTM", own, ["Y"], text(7, "com.microsoft")),
        ),
      ).layers[0]?.create();
    const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);
    expect((read(3, new Uint8Array([1, 255, 3, 4])) as LSTM).weights).toBe("int8");
    expect((read(2, new Uint8Array([1, 255, 3, 4])) as LSTM).weights).toBe("float32");
    const message = 'DynamicQuantizeLSTM node "Y" has W that is no int8 or uint8';
    refuses(() => read(1, floats(0.5, 0.25, 1, 2)), "FILE", message);
    refuses(() => read(1, floats(1, 2, 300, 4)), "FILE", message);
    refuses(() => read(3, new Uint8Array(4), floats(0.5), 1), "FILE", message);
  });

  it("with lengths beyond the file", () => {
    for (const length of [100, 2 ** 31, 2 ** 32, 2 ** 53]) {
      const bytes = message(
        all(
          (pbf) => pbf.writeTag(7, 2),
          (pbf) => pbf.writeVarint(length),
        ),
      );
      refuses(() => load(bytes), "FILE", "truncated");
    }
  });

  it("with a name that is not UTF-8", () => {
    const node = new Uint8Array([0x0a, 3, 0x0a, 1, 0xff]); // with one input of this name
    refuses(() => load(message(field(7, node))), "FILE", "a field is malformed");
  });

  it("with names that JavaScript gives a meaning to", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    for (const name of names) {
      const bytes = model(
        tensor(name, [1, 4, 1], new Uint8Array(16)),
        node("LSTM", ["X", name, name], ["Y"], text(3, name)),
        node(name, [name], ["valueOf"], text(3, "__proto__")),
      );
      expect(load(bytes).layers[0]?.name).toBe(name);
      expect(Object.keys(load(bytes).tensors)).toEqual([name]);
    }
    expect(({} as Record<string, unknown>).shape).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    const twice = [node("Identity", ["X"], ["Y"]), lstm];
    refuses(() => load(model(...twice)), "FILE", 'two values are called "Y"');
    refuses(() => load(model(node("__proto__", [], []))), "FILE", '"__proto__"');
  });
});
