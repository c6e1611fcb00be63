/** Files made by hand to hurt: `load` of lstm-wasm/pytorch refuses each, names what is wrong, and takes no memory for it. */
import { type Zippable, zipSync } from "fflate";
import { load, read } from "lstm-wasm/pytorch";
import { describe, expect, test } from "vitest";
import { withoutChecksums } from "./support/mutate.js";
import { refuses } from "./support/refusal.js";

/** The parts of a pickle, each as its bytes; a text stands for its characters. */
type Part = string | readonly number[];
const pickle = (...parts: Part[]): Uint8Array =>
  Buffer.concat([
    Buffer.from([0x80, 2]),
    ...parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))),
    Buffer.from("."),
  ]);
const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const text = (value: string): string =>
  `X${String.fromCharCode(...u32(Buffer.from(value).length))}${Buffer.from(value).toString("latin1")}`;
const int = (value: number): string => `J${String.fromCharCode(...u32(value))}`;
const tuple = (...items: string[]): string => `(${items.join("")}t`;
const call = (name: string, ...args: string[]): string => `c${name}\n${tuple(...args)}R`;

/** A float tensor's pickle: a view of storage "0". */
const tensor = (offset = "K\0", size = tuple("K\x02"), stride = tuple("K\x01"), length = int(4), key = "0"): string =>
  call(
    "torch._utils\n_rebuild_tensor_v2",
    `${tuple(text("storage"), "ctorch\nFloatStorage\n", text(key), text("cpu"), length)}Q`,
    offset,
    size,
    stride,
    "\x89",
    call("collections\nOrderedDict"),
  );
const dict = (...items: string[]): string => `}(${items.join("")}u`;

const DATA = new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer);
const archive = (content: Uint8Array, entries: Zippable = {}, name = "archive"): Uint8Array =>
  zipSync({ [`${name}/data.pkl`]: content, [`${name}/data/0`]: DATA, ...entries }, { level: 0 });
const file = (...parts: Part[]): Uint8Array => archive(pickle(...parts));

test("the file by hand is one that is read", () => {
  expect(load(file(dict(text("a"), tensor())))).toEqual({
    __proto__: null,
    a: expect.objectContaining({ data: new Float32Array([1, 2]) }),
  });
});

describe("names that mean something to JavaScript", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "\0", "\u{1f600}"];

  test("of tensors", () => {
    const dictionary = load(file(dict(...names.map((name) => text(name) + tensor()))));
    expect(Object.keys(dictionary)).toEqual(names);
    expect(Object.getPrototypeOf(dictionary)).toBe(null);
  });

  test("of keys, classes, archives and storages", () => {
    const inner = dict(text("a"), tensor("K\0", tuple("K\x02"), tuple("K\x01"), int(4), "__proto__"));
    const bytes = archive(
      pickle(dict(text("constructor"), "c__proto__\nconstructor\n)R", text("__proto__"), inner)),
      { "__proto__/data/__proto__": DATA },
      "__proto__",
    );
    const found = read(bytes);
    expect(found.path).toEqual(["__proto__"]);
    expect(found.stateDict.a?.data).toEqual(new Float32Array([1, 2]));
    expect(({} as { a?: unknown }).a).toBe(undefined);
  });

  test("a name that is no text is none", () => {
    refuses(() => load(file(dict(int(3), tensor()))), "FILE", '"a number" is a tensor of dtype float');
  });

  test("two names that would become one by taking a prefix off stay two", () => {
    const found = read(file(dict(text("a._orig_mod.b"), tensor(), text("a.b"), tensor())));
    expect([Object.keys(found.stateDict), found.stripped]).toEqual([["a._orig_mod.b", "a.b"], []]);
  });
});

describe("nothing is executed", () => {
  test.each(["os\nsystem", "builtins\neval", "torch\nload", "subprocess\nPopen", "__builtin__\nexec"])("%j", (name) => {
    const message = `is a whole ${name.replace("\n", ".")}`;
    refuses(() => load(file(call(name, text("echo")))), "FILE", message);
    refuses(
      () => load(file(dict(text("a"), tensor(), text("model"), `c${name}\n)R`, text("b"), `c${name}\n`))),
      "FILE",
      '"model" is ',
    );
    expect(
      load(file(dict(text("model"), dict(text("a"), tensor()), text("x"), call(name, text("echo"))))),
    ).toHaveProperty("a");
  });
});

describe("tensors that do not lie inside of their storage", () => {
  const one = (...args: Parameters<typeof tensor>) => file(dict(text("a"), tensor(...args)));
  const pair = (a: number, b: number) => tuple(int(a), int(b));

  test.each<[string, Uint8Array, string]>([
    ["an offset beyond it", one("K\x03"), "ends at element 5 of a storage of 4"],
    ["a size beyond it", one("K\0", tuple(int(5))), "ends at element 5 of a storage of 4"],
    ["a stride beyond it", one("K\0", tuple("K\x02"), tuple("K\x04")), "ends at element 5 of a storage of 4"],
    ["a storage larger than its entry", one("K\x03", tuple("K\x02"), tuple("K\x01"), int(1000)), "of a storage of 4"],
    ["a storage smaller than its entry", one("K\0", tuple("K\x02"), tuple("K\x01"), "K\x01"), "of a storage of 1"],
    [
      "a storage that is not there",
      one("K\0", tuple("K\x02"), tuple("K\x01"), "K\x04", "9"),
      'no entry "archive/data/9"',
    ],
    ["a negative offset", one(int(-1)), "sizes that no tensor has"],
    ["a negative stride", one("K\x01", tuple("K\x02"), tuple(int(-1))), "sizes that no tensor has"],
    ["a negative size", one("K\0", tuple(int(-2))), "sizes that no tensor has"],
    ["a size that is no integer", one("K\0", tuple(`G\x40\0\0\0\0\0\0\x01`)), "sizes that no tensor has"],
    ["a size as text", one("K\0", tuple(text("2"))), "sizes that no tensor has"],
    ["more strides than sizes", one("K\0", tuple("K\x02"), pair(1, 1)), "sizes that no tensor has"],
    [
      "65 dimensions",
      one(
        "K\0",
        tuple(..."K\x01 ".repeat(65).split(" ").slice(0, 65)),
        tuple(..."K\x01 ".repeat(65).split(" ").slice(0, 65)),
      ),
      "sizes that no tensor has",
    ],
    ["an element repeated a billion times", one("K\0", pair(30_000, 30_000), pair(0, 0)), "far more elements"],
    [
      "sizes whose product overflows",
      one("K\0", `(${int(0x7fffffff).repeat(40)}t`, `(${"K\0".repeat(40)}t`),
      "far more elements",
    ],
    [
      "a negative storage",
      one("K\0", tuple("K\x02"), tuple("K\x01"), int(-4)),
      "refers to something that is no storage",
    ],
    ["no storage", file(dict(text("a"), call("torch._utils\n_rebuild_tensor_v2", "K\0"))), "a tensor has no storage"],
    ["an id that is no storage's", file("K\x01Q"), "refers to something that is no storage"],
  ])("%s", (_, bytes, part) => {
    refuses(() => load(bytes), "FILE", part);
  });

  test("many views of all of a storage", () => {
    const data = new Uint8Array(2 ** 22);
    const views = Array.from(
      { length: 200 },
      (_, i) => text(String(i)) + tensor(int(i), tuple(int(2 ** 20 - 300)), tuple("K\x01"), int(2 ** 20)),
    );
    refuses(() => load(archive(pickle(dict(...views)), { "archive/data/0": data })), "FILE", "far more elements");
  });
});

describe("pickles", () => {
  const many = 2_000_000;
  const cycle = "}q\0X\x05\0\0\0modelh\0s"; // a dict that is its own "model"

  test.each<[string, Part[], string]>([
    ["without an end", ["}", [0x58, 255, 255, 255, 255]], "it ends too early"],
    ["with a text beyond the end", [`X${"\xff".repeat(4)}abc`], "it ends too early"],
    ["with an unknown opcode", [[0xfe]], "opcode 0xfe is not known"],
    ["of protocol 0", ["I1\n"], "opcode 0x49 is not known"],
    ["with nothing", [], "the stack is empty"],
    ["with a memo entry that is not there", ["h\x05"], "memo entry 5 is not there"],
    ["with a tuple without a mark", ["t"], "there is no mark"],
    ["that reach below a mark", ["](a"], "the stack is empty"],
    ["that call a number", ["K\x01)R"], "does not fit"],
    ["that call with a number", ["cos\nsystem\nK\x01R"], "does not fit"],
    ["that name with a list", ["]]", [0x93]], "does not fit"],
    ["that append to a number", ["K\x01K\x02a"], "does not fit"],
    ["that set an item of a list", ["]K\x02K\x03s"], "does not fit"],
    ["with a key without a value", ["}(K\x01u"], "does not fit"],
    ["of two million marks", ["(".repeat(many)], "more than 1048576 objects"],
    ["of two million lists", ["]".repeat(many)], "more than 1048576 objects"],
    ["of two million numbers", ["N".repeat(many)], "more than 1048576 objects"],
    ["of two million lists, dropped at once", ["(]1".repeat(many)], "more than 1048576 objects"],
    ["of two million memo entries", ["N", `${"\x94".repeat(many)}`], "more than 1048576 objects"],
    ["of a dict in itself", [cycle], "has no tensors"],
    ["of a list in itself", ["]q\0h\0a"], "is a list or tuple, no state dict"],
    [
      "that rebuild a tensor without end",
      ["ctorch._tensor\n_rebuild_from_type_v2\nq\0]q\x01(h\0Nh\x01eR"],
      "is a whole torch._tensor._rebuild_from_type_v2",
    ],
  ])("%s", (_, parts, part) => {
    refuses(() => load(file(...parts)), "FILE", part);
  });

  test("above 64 MiB", () => {
    const bytes = archive(new Uint8Array(2 ** 26 + 1));
    refuses(() => load(bytes), "FILE", "its pickle has more than 67108864 bytes");
  });

  test("of a dict under 200 000 keys, which is looked at once", () => {
    const keys = Array.from({ length: 200_000 }, (_, i) => `${text(String(i))}h\0`).join("");
    const large = `}q\0(${Array.from({ length: 100_000 }, (_, i) => `${int(i)}N`).join("")}u`;
    refuses(() => load(file(`(${large}1}(${keys}u`)), "FILE", "has no tensors", "and 199990 more");
  });

  test("of dicts in dicts, deeper than any checkpoint", () => {
    const deep = `${"}X\x05\0\0\0model".repeat(30)}${dict(text("a"), tensor())}${"s".repeat(30)}`;
    refuses(() => load(file(deep)), "FILE", "too deep");
  });
});

describe("archives", () => {
  const good = pickle(dict(text("a"), tensor()));
  /** Where the directory begins, and each of its entries. */
  const directory = (bytes: Uint8Array): DataView =>
    new DataView(
      bytes.buffer,
      bytes.byteOffset + new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 6, true),
    );

  test("zip bombs: an entry packed a thousand to one, or that says so", () => {
    const bomb = zipSync({ "a/data.pkl": new Uint8Array(2 ** 26 + 2 ** 22) }, { level: 9 });
    refuses(() => load(bomb), "FILE", "unpack to 71303168 bytes", "a zip bomb?");
    const claims = archive(good);
    directory(claims).setUint32(24, 0xfffffff0, true);
    refuses(() => load(claims), "FILE", "a zip bomb?");
  });

  test("entries that lie on each other, and together are larger than the file", () => {
    const names = Array.from({ length: 50 }, (_, i) => `archive/data/${i}`);
    const views = names.map(
      (_, i) => text(String(i)) + tensor("K\0", tuple("K\x02"), tuple("K\x01"), int(4), String(i)),
    );
    const bytes = archive(pickle(dict(...views)), Object.fromEntries(names.map((name) => [name, DATA])));
    let at = 0;
    const view = directory(bytes);
    for (let i = 0; i < 51; i++) {
      view.setUint32(at + 20, 3000, true);
      if (i > 0) view.setUint32(at + 24, 3000, true);
      else view.setUint32(at + 20, view.getUint32(at + 24, true), true);
      at += 46 + view.getUint16(at + 28, true);
    }
    refuses(() => load(bytes), "FILE", "a zip bomb?");
  });

  test("counts and offsets beyond the file", () => {
    const end = (change: (view: DataView) => void) => {
      const bytes = archive(good);
      change(new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 22));
      return bytes;
    };
    refuses(() => load(end((view) => view.setUint16(10, 0xffff, true))), "FILE", "no valid zip archive");
    refuses(() => load(end((view) => view.setUint32(16, 0xfffffff0, true))), "FILE", "no valid zip archive");
    refuses(() => load(end((view) => view.setUint32(0, 0, true))), "FILE", "no valid zip archive");
  });

  test("an entry twice, without a pickle, with nothing, of an unknown compression, broken", () => {
    const twice = archive(good, { "archive/data/1": DATA });
    twice.set(Buffer.from("archive/data/0"), Buffer.from(twice).lastIndexOf("archive/data/1"));
    refuses(() => load(twice), "FILE", 'entry "archive/data/0" is there twice');
    refuses(() => load(zipSync({ "a.npy": DATA })), "FILE", 'must be data.pkl, got "a.npy"');
    refuses(() => load(zipSync({})), "FILE", "must be data.pkl, got none");
    const strange = archive(good);
    directory(strange).setUint16(10, 99, true);
    refuses(() => load(strange), "FILE", "unknown compression type 99");
    const broken = zipSync({ "a/data.pkl": good }, { level: 9 });
    broken.fill(0xff, 40, 60);
    refuses(() => load(broken), "FILE");
    // A block of stored bytes that is longer than the entry says: fflate throws a RangeError, which is no lack of memory.
    const longer = zipSync(
      { "a/data.pkl": Uint8Array.from({ length: 90 }, (_, i) => (i * i * 7) & 255) },
      { level: 9 },
    );
    directory(longer).setUint32(24, 20, true);
    refuses(() => load(longer), "FILE");
  });

  test("a bit of a weight that has changed is no other weight", () => {
    const bytes = archive(good);
    const at = Buffer.from(bytes).indexOf(DATA);
    bytes[at] = (bytes[at] as number) ^ 1;
    refuses(() => load(bytes), "FILE", 'its entry "archive/data/0" is damaged', "checksum");
    expect(load(withoutChecksums(bytes))).toHaveProperty("a"); // as torch.save writes them on request
  });

  test("archives in archives in archives", () => {
    const inner = zipSync({ "policy.pth": archive(good) });
    expect(load(inner)).toHaveProperty("a");
    refuses(() => load(zipSync({ "policy.pth": inner })), "FILE", "must be data.pkl");
  });
});
