/** scripts/kernels.mjs, the last step of the build: the order of the sums in the kernels' loops. */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { expect, test } from "vitest";
import { orderKernels } from "../scripts/kernels.mjs";
import { dist } from "./realm.js";

const SUMS = ["$a", "$b", "$c", "$d"];

/** x[k] * w[k][n] of an iteration's k. The first to need x[k] loads it. */
function product(k: number, n: number): string {
  const x = `$x${k}`;
  return `(f32x4.mul
    ${n === 0 ? `(local.tee ${x} (v128.load32_splat offset=${4 * k} (local.get $at)))` : `(local.get ${x})`}
    (v128.load offset=${256 + 64 * k + 16 * n} (i32.shl (local.get $at) (i32.const 4))))`;
}

/** Four sums over 16 k, two in an iteration, as the compilers nest them: each sum takes what `terms` gives it. */
function moduleOf(terms: (n: number) => [first: string, second: string]): Uint8Array {
  const sums = SUMS.map((sum, n) => {
    const [first, second] = terms(n);
    return `(local.set ${sum} (f32x4.add (f32x4.add (local.get ${sum}) ${first}) ${second}))`;
  });
  const parsed = binaryen.parseText(`(module (memory (export "memory") 1)
    (func (export "run") (local $at i32) ${["$x0", "$x1", ...SUMS].map((name) => `(local ${name} v128)`).join(" ")}
      (loop $on ${sums.join("\n")}
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $on (i32.lt_u (local.get $at) (i32.const 64))))
      ${SUMS.map((sum, n) => `(v128.store offset=${8192 + 16 * n} (i32.const 0) (local.get ${sum}))`).join("\n")}))`);
  parsed.setFeatures(binaryen.Features.All);
  const bytes = parsed.emitBinary();
  parsed.dispose();
  return bytes;
}

function results(bytes: Uint8Array): number[] {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
  const { buffer } = exports.memory as WebAssembly.Memory;
  new Float32Array(buffer).forEach((_, index, all) => {
    all[index] = Math.sin(index) / 3;
  });
  (exports.run as () => void)();
  return [...new Uint32Array(buffer, 8192, 16)];
}

/** For each addition in its order, the sum that it goes to. */
function order(bytes: Uint8Array): string {
  const parsed = binaryen.readBinary(bytes);
  const text = parsed.emitText();
  parsed.dispose();
  const loop = text.slice(text.indexOf("(loop"));
  const sets = [...loop.matchAll(/\(local\.set \$(\d+)\s+\(f32x4\.add(\s+\(f32x4\.add)?/g)];
  return sets.map(([, sum, nested]) => `${sum}${nested ? "++" : "+"}`).join(" ");
}

test("the sums of one k stand together, and no bit changes", () => {
  const nested = moduleOf((n) => [product(0, n), product(1, n)]);
  const ordered = orderKernels(nested);
  expect(order(nested)).toBe("3++ 4++ 5++ 6++");
  expect(order(ordered)).toBe("3+ 4+ 5+ 6+ 3+ 4+ 5+ 6+");
  expect(results(ordered)).toEqual(results(nested));
  expect(new Set(results(ordered)).size).toBe(16);
});

test("a loop that would compute something else is refused", () => {
  // The last sum adds the first, which must be whole by then.
  const reads = moduleOf((n) => [n === 3 ? "(local.get $a)" : product(0, n), product(1, n)]);
  expect(() => orderKernels(reads)).toThrow("a loop whose order matters");
});

test("the shipped module's loops are in order", () => {
  expect(() => orderKernels(readFileSync(dist("lstm.wasm")))).toThrow("no loop to put in order");
});
