/** What the build leaves of Rust's panics (scripts/panics.mjs). */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { describe, expect, test } from "vitest";
import { withoutMessages } from "../scripts/panics.mjs";
import { dist } from "./support/realm.js";

/** A module as the linker hands it over, with names. */
function linked(text: string): Uint8Array {
  binaryen.setDebugInfo(true);
  return binaryen.parseText(`(module (memory (export "memory") 17) ${text})`).emitBinary();
}

function started(module: Uint8Array) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module)));
  return exports as { memory: WebAssembly.Memory; touched: WebAssembly.Global; call(): void };
}

const start = 1 << 20;

function memory(module: Uint8Array, length: number): string {
  return Buffer.from(started(module).memory.buffer, start, length).toString("latin1");
}

describe("a panic", () => {
  const panicking = (end: string) =>
    linked(`
      (global $touched (export "touched") (mut i32) (i32.const 0))
      (data $.rodata.table (i32.const ${start}) "1")
      (func $core::panicking::panic_fmt (param i32) (global.set $touched (i32.const 1)) ${end})
      (func (export "call") (call $core::panicking::panic_fmt (i32.const 7)))`);

  test("only traps", async () => {
    const { call, touched } = started(await withoutMessages(panicking("(unreachable)")));
    expect(call).toThrow(WebAssembly.RuntimeError);
    expect(touched.value).toBe(0);
  });

  test("is no function that returns: it stays", async () => {
    const { call, touched } = started(await withoutMessages(panicking("")));
    call();
    expect(touched.value).toBe(1);
  });
});

describe("memory", () => {
  test("keeps all but the texts, also what touches them", async () => {
    const constants = ["\\00\\00\\00@", "slice index starts at \\c0", "ABCD\\01\\02", "mid > len", "\\02\\00\\00"];
    const bytes = constants.map((constant) =>
      constant.replace(/\\(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
    let at = start;
    const segments = constants.map((constant, index) => {
      const segment = `(data $.rodata.${index} (i32.const ${at}) "${constant}")`;
      at += (bytes[index] as string).length;
      return segment;
    });
    const module = linked(segments.join("\n"));
    expect(memory(module, at - start)).toBe(bytes.join(""));
    const kept = bytes.map((constant, index) => (index % 2 === 0 ? constant : "\0".repeat(constant.length)));
    expect(memory(await withoutMessages(module), at - start)).toBe(kept.join(""));
  });

  test("stays as it is where constants are not apart", async () => {
    const merged = linked(`(data $.rodata (i32.const ${start}) "\\00\\00\\00@slice index starts at ")`);
    expect(memory(await withoutMessages(merged), 26)).toBe("\0\0\0@slice index starts at ");
  });

  test("of the module that ships has no text", () => {
    const module = readFileSync(dist("lstm.wasm"), "latin1");
    expect(module).not.toMatch(/assertion failed|slice index|out of range|divide by zero|\.rs\b/);
  });
});
