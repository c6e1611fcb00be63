/**
 * Files that nobody would write: `load` of lstm-wasm/onnx takes them for what they are or throws an LSTMError, in bounded
 * time and memory. `FUZZ_SECONDS=600 npx vitest run test/onnx-fuzz.test.ts` goes on for ten minutes, from another seed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LSTM } from "lstm-wasm";
import { load } from "lstm-wasm/onnx";
import { PbfWriter } from "pbf";
import { describe, expect, it } from "vitest";
import { mulberry32 } from "../examples/mulberry32.js";
import { FUZZ_TIMEOUT, fuzz, joined, mutated, takenBy } from "./support/mutate.js";
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

type Write = (pbf: PbfWriter) => void;
const message = (write: Write): Uint8Array => {
  const pbf = new PbfWriter();
  write(pbf);
  return pbf.finish().slice();
};
const field =
  (tag: number, bytes: Uint8Array): Write =>
  (pbf) =>
    pbf.writeBytesField(tag, bytes);
const text =
  (tag: number, value: string): Write =>
  (pbf) =>
    pbf.writeStringField(tag, value);
const all =
  (...writes: Write[]): Write =>
  (pbf) => {
    for (const write of writes) write(pbf);
  };
const model = (...parts: Write[]) => message(field(7, message(all(...parts))));
const node = (op: string, inputs: string[], outputs: string[], ...more: Write[]): Write =>
  field(
    1,
    message(all(...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, op), ...more)),
  );
const tensor = (name: string, dims: number[], data: Uint8Array, type = 1): Write =>
  field(
    5,
    message(
      all(
        (pbf) => pbf.writePackedVarint(1, dims),
        (pbf) => pbf.writeVarintField(2, type),
        text(8, name),
        field(9, data),
      ),
    ),
  );
const lstm = node("LSTM", ["X", "W", "R"], ["Y"]);

describe("adversarial files", () => {
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
      refuses(() => load(joined(good, odd)), "FILE", "a field is malformed at byte");
    }
    // Groups, which protobuf gave up, and the types 6 and 7, which are none.
    for (const type of [3, 4, 6, 7]) {
      const odd = message((pbf) => pbf.writeTag(1000, type));
      refuses(() => load(joined(good, odd)), "FILE", "a field is malformed at byte");
    }
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
    refuses(() => load(model(dims(1, 4, 0x81), layer)), "FILE", "a field ends beyond its message");
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
    const [FLOAT, UINT8, INT8, UINT16, INT32, INT64, FLOAT16, DOUBLE, UINT32] = [1, 2, 3, 4, 6, 7, 10, 11, 12];
    expect(read(INT8, 5, [127, -128, 0, 1])).toEqual([127, -128, 0, 1]);
    expect(read(UINT8, 5, [255, 0, 3, 1])).toEqual([255, 0, 3, 1]);
    expect(read(INT64, 7, [-1, 2 ** 40, 0, 1])).toEqual([-1, 2 ** 40, 0, 1]);
    expect(read(UINT32, 11, [2 ** 31, 0, 0, 1])).toEqual([2 ** 31, 0, 0, 1]);
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
    const message = 'the DynamicQuantizeLSTM node "Y" has W or W_zero_point of another type than int8 or uint8';
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

  it("with graphs in graphs", () => {
    let inner = message(lstm);
    for (let depth = 0; depth < 2000; depth++) inner = message(node("If", [], [], field(5, message(field(6, inner)))));
    refuses(() => load(message(field(7, inner))), "FILE", "nest deeper");
  });

  it("with functions that call themselves, or each other twice", () => {
    const own = (name: string, callee: string, calls: number): Write => {
      const call = field(7, message(all(text(4, callee), text(7, "d"))));
      return field(25, message(all(text(1, name), text(10, "d"), ...new Array(calls).fill(call))));
    };
    const call = node("f0", [], [], text(7, "d"));
    const itself = joined(model(call), message(own("f0", "f0", 1)));
    refuses(() => load(itself), "FILE", "call each other deeper");
    const twice = Array.from({ length: 40 }, (_, i) => message(own(`f${i}`, `f${i + 1}`, 2)));
    refuses(() => load(joined(model(call), ...twice)), "FILE", "more than 1048576 nodes");
  });

  it("with cycles and doublings among the weights", () => {
    const concats = Array.from({ length: 60 }, (_, i) => node("Concat", [`w${i + 1}`, `w${i + 1}`], [`w${i}`]));
    const into = node("LSTM", ["X", "w0", "w0"], ["Y"]);
    refuses(() => load(model(into, ...concats, tensor("w60", [16], new Uint8Array(64)))), "FILE", "many times");
    const cycle = [node("Concat", ["w1", "w1"], ["w0"]), node("Concat", ["w0", "w0"], ["w1"])];
    refuses(() => load(model(into, ...cycle)), "FILE", "only known when the model runs");
    const long = Array.from({ length: 20_000 }, (_, i) => node("Identity", [`w${i + 1}`], [`w${i}`]));
    refuses(() => load(model(into, ...long)), "FILE", "only known when the model runs");
  });

  it("with one tensor that is put together many times in one node", () => {
    const many = node("Concat", new Array(20_000).fill("w"), ["W"]);
    refuses(() => load(model(lstm, many, tensor("w", [4096], new Uint8Array(16_384)))), "FILE", "many times");
  });

  it("with a list of more axes than a tensor has dimensions", () => {
    const list = (name: string, value: number) => tensor(name, [2 ** 17], new Uint8Array(2 ** 17).fill(value), 2);
    const lists = [list("zeros", 0), list("ends", 255)]; // each of them would copy the tensor
    const x = tensor("x", [255, 8192], new Uint8Array(255 * 8192 * 4));
    for (const cut of [
      node("Slice", ["x", "zeros", "ends", "zeros"], ["W"]),
      node("Squeeze", ["x", "zeros"], ["W"]),
      node("Unsqueeze", ["x", "zeros"], ["W"]),
    ]) {
      refuses(() => load(model(lstm, cut, x, ...lists)), "FILE", "only known when the model runs");
    }
  });

  it("with a shape between two layers that is put together of many", () => {
    const weights = [tensor("W", [1, 4, 1], new Uint8Array(16)), tensor("big", [2 ** 17], new Uint8Array(2 ** 17), 2)];
    const shape = node("Concat", new Array(3000).fill("big"), ["shape"]);
    const layers = [node("LSTM", ["X", "W", "W"], ["Y"]), node("LSTM", ["x", "W", "W"], ["y"])];
    expect(load(model(...weights, ...layers, shape, node("Reshape", ["Y", "shape"], ["x"]))).layers).toHaveLength(2);
  });

  it("with a shape between two layers that is another chain's", () => {
    const layer = (x: string, y: string) => node("LSTM", [x, "W", "W"], [y]);
    const parts = [tensor("W", [1, 16, 4], new Uint8Array(256)), tensor("last", [1], Uint8Array.of(2), 2)];
    const size = (name: string, value: number) => tensor(name, [1], Uint8Array.of(value), 3);
    const sizes = [size("one", 1), size("all", 255), size("four", 4)];
    // The batch of the first chain is assumed while that chain is followed, and nothing is known of it in the other.
    const first = [layer("X", "A"), node("Squeeze", ["A", "one"], ["a"]), layer("a", "B")];
    const batch = [node("Shape", ["A"], ["s"]), node("Gather", ["s", "last"], ["batch"])];
    const target = node("Concat", ["all", "batch", "four"], ["target"]);
    const second = [layer("Z", "C"), node("Reshape", ["C", "target"], ["c"]), layer("c", "D")];
    const { layers } = load(model(...parts, ...sizes, ...first, ...batch, target, ...second));
    expect(layers.map(({ options }) => options.numLayers)).toEqual([2, 1, 1]);
  });

  it("with many layers that start at what a long chain makes of what is not known", { timeout: 5000 }, async () => {
    const chain = Array.from({ length: 250 }, (_, i) => node("Identity", [`s${i + 1}`], [`s${i}`]));
    const layers = Array.from({ length: 3000 }, (_, i) => node("LSTM", ["X", "W", "W", "", "", "s0", "s0"], [`Y${i}`]));
    expect(await outcome(model(tensor("W", [1, 4, 1], new Uint8Array(16)), ...chain, ...layers))).toBe(true);
  });

  it("not for many layers that start at a row of a large table", () => {
    const table = [tensor("t", [20_000, 1], new Uint8Array(20_000), 3), tensor("scale", [], new Uint8Array(4))];
    const rows = [node("DequantizeLinear", ["t", "scale"], ["table"]), node("Gather", ["table", "id"], ["h"])];
    const layers = Array.from({ length: 40 }, (_, i) => node("LSTM", ["X", "W", "W", "", "", "h", "h"], [`Y${i}`]));
    expect(load(model(tensor("W", [1, 4, 1], new Uint8Array(16)), ...table, ...rows, ...layers)).layers).toHaveLength(
      40,
    );
  });

  it("with tensors that all are the same bytes of another file, or lie nowhere in it", () => {
    const pair = (key: string, value: string) => field(13, message(all(text(1, key), text(2, value))));
    const external = (name: string, offset: string, length: string) =>
      field(
        5,
        message(
          all(
            (pbf) => pbf.writePackedVarint(1, [1024]),
            (pbf) => pbf.writeVarintField(2, 1),
            text(8, name),
            all(pair("location", "a"), pair("offset", offset), pair("length", length)),
            (pbf) => pbf.writeVarintField(14, 1),
          ),
        ),
      );
    const given = { externalData: { a: new Uint8Array(4096) } };
    const many = Array.from({ length: 5000 }, (_, i) => external(`w${i}`, "0", "4096"));
    refuses(() => load(model(...many, lstm), given), "FILE", "many times as large");
    for (const [offset, length] of [
      ["1", "4096"],
      ["-4", "4096"],
      ["9007199254740993", "4096"],
      ["NaN", "4096"],
      ["0", "Infinity"],
    ] as const) {
      refuses(() => load(model(external("w", offset, length), lstm), given), "FILE", 'tensor "w" ends at byte');
    }
    refuses(() => load(model(external("w", "4", "-4"), lstm), given), "FILE", "takes 4096 bytes");
  });

  it("not for texts and broken integers in Constant nodes that no layer reads", () => {
    const constant = (name: string, type: number) =>
      node("Constant", [], [name], field(5, message(all(text(1, "value"), tensor("", [3], new Uint8Array(1), type)))));
    const layer = [tensor("W", [1, 4, 1], new Uint8Array(16)), node("LSTM", ["X", "W", "W"], ["Y"])];
    expect(Object.keys(load(model(constant("text", 8), constant("odd", 7), ...layer)).tensors)).toEqual(["W"]);
    refuses(() => load(model(constant("odd", 1), ...layer)), "FILE", "takes 12 bytes, but has 1");
  });

  it("with a function's constant, which is called many times", () => {
    const inFunction = (op: string, ...more: Write[]) => field(7, message(all(text(4, op), ...more)));
    const body = (name: string, ...nodes: Write[]) =>
      message(field(25, message(all(text(1, name), text(10, "d"), ...nodes))));
    const twice = Array.from({ length: 13 }, (_, i) => {
      const call = inFunction(`f${i + 1}`, text(7, "d"));
      return body(`f${i}`, call, call);
    });
    const value = field(5, message(all(text(1, "value"), tensor("", [4096], new Uint8Array(16_384)))));
    const leaf = body("f13", inFunction("Constant", text(2, "c"), value));
    refuses(() => load(joined(model(node("f0", [], [], text(7, "d"))), ...twice, leaf)), "FILE", "many times as large");
  });

  it("with attributes of a function that its call has not", () => {
    const weights = [tensor("W", [1, 4, 1], new Uint8Array(16)), node("f", ["X", "W"], ["Y"], text(7, "d"))];
    for (const name of ["activations", "direction", "clip"]) {
      for (const reference of ["direction", "toString", "constructor", "__proto__"]) {
        const attribute = field(5, message(all(text(1, name), text(21, reference))));
        const layer = field(7, message(all(...["x", "w", "w"].map((one) => text(1, one)), text(4, "LSTM"), attribute)));
        const body = all(text(1, "f"), text(10, "d"), text(4, "x"), text(4, "w"), layer);
        expect(load(joined(model(...weights), message(field(25, message(body))))).layers).toHaveLength(1);
      }
    }
  });

  it("not for a default of a function that is called by another without that attribute", () => {
    const refers = (tag: number) => field(tag, message(all(text(1, "direction"), text(21, "direction"))));
    const inFunction = (op: string, ...more: Write[]) =>
      field(
        7,
        message(all(...["x", "w", "w"].map((one) => text(1, one)), text(2, "y"), text(4, op), refers(5), ...more)),
      );
    const body = (name: string, ...parts: Write[]) =>
      message(field(25, message(all(text(1, name), text(10, "d"), text(4, "x"), text(4, "w"), ...parts))));
    const inner = body("g", inFunction("LSTM"), field(11, message(all(text(1, "direction"), text(4, "reverse")))));
    const outer = body("f", inFunction("g", text(7, "d")));
    const graph = model(tensor("W", [1, 4, 1], new Uint8Array(16)), node("f", ["X", "W"], ["Y"], text(7, "d")));
    expect(load(joined(graph, outer, inner)).layers[0]?.attributes.direction).toBe("reverse");
  });

  it("with a circle of layers", () => {
    const weights = [tensor("W", [1, 4, 1], new Uint8Array(16)), tensor("R", [1, 4, 1], new Uint8Array(16))];
    const squeeze = (from: string, to: string) => node("Squeeze", [from, "axis"], [to]);
    const circle = [
      node("LSTM", ["a", "W", "R"], ["Ya"]),
      node("LSTM", ["b", "W", "R"], ["Yb"]),
      squeeze("Ya", "b"),
      squeeze("Yb", "a"),
      tensor("axis", [1], new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 7),
    ];
    refuses(() => load(model(...weights, ...circle)), "FILE", "read each other");
  });

  it("with more parts than a file may have", () => {
    const empty = [0x0a, 0]; // a node without fields
    const bytes = new Uint8Array(2 ** 21 + 20).map((_, i) => empty[i % 2] as number);
    refuses(() => load(message(field(7, bytes))), "FILE", "more than 1048576 parts");
  });

  it("with a name that is not UTF-8", () => {
    const node = new Uint8Array([0x0a, 3, 0x0a, 1, 0xff]); // with one input of this name
    refuses(() => load(message(field(7, node))), "FILE", "is not UTF-8");
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
