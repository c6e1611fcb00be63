/** Models that are meant to be read wrongly, or to take time and memory: `load` of lstm-wasm/onnx has a bound for each. */
import { load } from "lstm-wasm/onnx";
import { describe, expect, it } from "vitest";
import { joined } from "./support/mutate.js";
import { all, field, lstm, message, model, node, tensor, text, type Write } from "./support/onnx-model.js";
import { refuses } from "./support/refusal.js";

/** An LSTM that is right. */
const layer = [tensor("W", [1, 4, 1], new Uint8Array(16)), node("LSTM", ["X", "W", "W"], ["Y"])];

describe("hostile models", () => {
  it("with graphs in graphs", () => {
    let inner = message(lstm);
    for (let depth = 0; depth < 2000; depth++) inner = message(node("If", [], [], field(5, message(field(6, inner)))));
    refuses(() => load(message(field(7, inner))), "FILE", "more than 64 levels");
  });

  it("with functions that call themselves, or each other twice", () => {
    const own = (name: string, callee: string, calls: number): Write => {
      const call = field(7, message(all(text(4, callee), text(7, "d"))));
      return field(25, message(all(text(1, name), text(10, "d"), ...new Array(calls).fill(call))));
    };
    const call = node("f0", [], [], text(7, "d"));
    const itself = joined(model(call), message(own("f0", "f0", 1)));
    refuses(() => load(itself), "FILE", "more than 64 levels");
    const twice = Array.from({ length: 40 }, (_, i) => message(own(`f${i}`, `f${i + 1}`, 2)));
    refuses(() => load(joined(model(call), ...twice)), "FILE", "its parts are many times as large as the file");
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

  it("with many layers that start at what a long chain makes of what is not known", { timeout: 5000 }, () => {
    const chain = Array.from({ length: 250 }, (_, i) => node("Identity", [`s${i + 1}`], [`s${i}`]));
    const layers = Array.from({ length: 3000 }, (_, i) => node("LSTM", ["X", "W", "W", "", "", "s0", "s0"], [`Y${i}`]));
    expect(load(model(tensor("W", [1, 4, 1], new Uint8Array(16)), ...chain, ...layers)).layers).toHaveLength(3000);
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
      refuses(
        () => load(model(external("w", offset, length), lstm), given),
        "FILE",
        'tensor "w" of shape [1024] takes 4096',
      );
    }
    refuses(() => load(model(external("w", "4", "-4"), lstm), given), "FILE", "takes 4096 bytes");
  });

  it("not for texts and broken integers in Constant nodes that no layer reads", () => {
    const constant = (name: string, type: number) =>
      node("Constant", [], [name], field(5, message(all(text(1, "value"), tensor("", [3], new Uint8Array(1), type)))));
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

  it("not for a function that is called many times, unless it is too large for that", () => {
    const inputs = new Array(20).fill(text(1, "x"));
    const leaf = new Array(400).fill(field(7, message(all(...inputs, text(4, "R")))));
    const body = message(field(25, message(all(text(1, "f"), text(10, "d"), text(4, "x"), ...leaf))));
    const called = (times: number) =>
      load(joined(model(...layer, ...new Array(times).fill(node("f", ["X"], [], text(7, "d")))), body));
    expect(called(150).layers).toHaveLength(1);
    refuses(() => called(300), "FILE", "its parts are many times as large as the file");
  });

  it("with a large function that calls itself first", () => {
    const empty = new Array(100_000).fill(field(7, new Uint8Array()));
    const itself = field(7, message(all(text(4, "f"), text(7, "d"))));
    const body = message(field(25, message(all(text(1, "f"), text(10, "d"), itself, ...empty))));
    refuses(() => load(joined(model(node("f", [], [], text(7, "d"))), body)), "FILE", "its parts are many times");
  });

  it("with more attributes than a node may have", () => {
    const many = (count: number) => new Array(count).fill(field(5, message(text(1, "a"))));
    const weight = tensor("W", [1, 4, 1], new Uint8Array(16));
    const layer = (count: number) => load(model(weight, node("LSTM", ["X", "W", "W"], ["Y"], ...many(count))));
    expect(layer(64).layers).toHaveLength(1);
    refuses(() => layer(65), "FILE", "more than 64 attributes");
  });

  it("with long lists that many layers or calls read", () => {
    const packed = (value: number) => field(8, new Uint8Array(200_000).fill(value));
    const list = node("Constant", [], ["S"], field(5, message(all(text(1, "value_ints"), packed(1)))));
    const layers = Array.from({ length: 200 }, (_, i) => [
      node("RNN", [i ? `x${i - 1}` : "X", "W", "W"], [`y${i}`]),
      node("Reshape", [`y${i}`, "S"], [`x${i}`]),
    ]);
    const weight = tensor("W", [1, 1, 1], new Uint8Array(4));
    refuses(() => load(model(weight, list, ...layers.flat())), "FILE", "its values are many times");
  });

  it("not for an ordinary model of 50,000 nodes", () => {
    const axis = field(
      5,
      message(
        all(
          text(1, "axis"),
          (pbf) => pbf.writeVarintField(3, 1),
          (pbf) => pbf.writeVarintField(20, 2),
        ),
      ),
    );
    const nodes = Array.from({ length: 50_000 }, (_, i) =>
      node("Concat", [`value_${i}`, "X"], [`value_${i + 1}`], text(3, `concat_${i}`), axis),
    );
    expect(load(model(...layer, ...nodes)).layers).toHaveLength(1);
  });

  it("not for zeros that a writer of proto3 leaves out", () => {
    const zero = node("Constant", [], ["zero"], field(5, message(text(1, "value_int"))));
    const float = node("Constant", [], ["h"], field(5, message(text(1, "value_float"))));
    const parts = [tensor("w", [4, 1], new Uint8Array(16)), zero, float, node("Unsqueeze", ["w", "zero"], ["W"])];
    const { layers } = load(model(...parts, node("LSTM", ["X", "W", "W", "", "", "h"], ["Y"])));
    expect(layers[0]?.attributes.h0).toBe("zeros");
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
    refuses(() => load(model(...weights, ...circle)), "FILE", "its nodes are out of order");
  });

  it("with a circle before a layer, through a Shape", () => {
    const weight = tensor("W", [1, 4, 1], new Uint8Array(16));
    const circle = [node("Identity", ["a"], ["b"]), node("Shape", ["b"], ["a"])];
    expect(load(model(weight, ...circle, node("LSTM", ["b", "W", "W"], ["Y"]))).layers).toHaveLength(1);
  });

  it("with more parts than a file may have", () => {
    const empty = [0x0a, 0]; // a node without fields
    const bytes = new Uint8Array(2 ** 21 + 20).map((_, i) => empty[i % 2] as number);
    refuses(() => load(message(field(7, bytes))), "FILE", "more than 1048576 parts");
  });

  it("with large constants that many layers share", () => {
    const many = (of: (i: number) => string[]) =>
      Array.from({ length: 3000 }, (_, i) => node("RNN", ["X", ...of(i)], [`Y${i}`]));
    const large = tensor("W", [1, 1, 50_000], new Uint8Array(200_000));
    const one = tensor("R", [1, 1, 1], new Uint8Array(4));
    refuses(() => load(model(large, one, ...many(() => ["W", "R"]))), "FILE", "its values are many times");
    const state = tensor("h", [1, 200_000, 1], new Uint8Array(200_000), 3);
    refuses(() => load(model(one, state, ...many(() => ["R", "R", "", "", "h"]))), "FILE", "its values are many times");
  });

  it("with a long name before each of many tensors", () => {
    const tensors = Array.from({ length: 5000 }, (_, i) => tensor(`t${i}`, [0], new Uint8Array()));
    const branch = field(5, message(all(text(1, "then_branch"), field(6, message(all(...tensors))))));
    const named = (length: number) => load(model(...layer, node("If", [], [], text(3, "n".repeat(length)), branch)));
    expect(Object.keys(named(100).tensors)).toHaveLength(5001);
    refuses(() => named(100_000), "FILE", "its parts are many times");
  });

  it("not for more layers in a row than a module may have", () => {
    const layers = Array.from({ length: 300 }, (_, i) => [
      node("RNN", [`x${i}`, "W", "W"], [`y${i}`]),
      node(
        "Squeeze",
        [`y${i}`],
        [`x${i + 1}`],
        field(5, message(all(text(1, "axes"), (pbf) => pbf.writeVarintField(8, 1)))),
      ),
    ]);
    const { layers: found } = load(model(tensor("W", [1, 1, 1], new Uint8Array(4)), ...layers.flat()));
    expect(found.map(({ options }) => options.numLayers)).toEqual([256, 44]);
  });
});
