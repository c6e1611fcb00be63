/** scripts/kernels.mjs, the last step of the build: the order of the sums in the kernels' loops. */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { expect, test } from "vitest";
import { LOOPS, orderKernels } from "../scripts/kernels.mjs";
import { dist } from "./realm.js";

const SUMS = ["$a", "$b", "$c", "$d"];

/** x[k] * w[k][n] of an iteration's k. The first to need x[k] loads it. */
function product(k: number, n: number): string {
  const x = `$x${k}`;
  return `(f32x4.mul
    ${n === 0 ? `(local.tee ${x} (v128.load32_splat offset=${4 * k} (local.get $at)))` : `(local.get ${x})`}
    (v128.load offset=${256 + 64 * k + 16 * n} (i32.shl (local.get $at) (i32.const 4))))`;
}

/** Four sums over 16 k, two in an iteration, as the compilers nest them. */
function moduleOf(sumOf: (sum: string, n: number) => string): Uint8Array {
  const sums = SUMS.map((sum, n) => `(local.set ${sum} ${sumOf(sum, n)})`);
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
  const sets = [...loop.matchAll(/\(local\.set \$(\d+)\s+\(f32x4\.(add|relaxed_madd)(\s+\(f32x4\.add)?/g)];
  return sets.map(([, sum, , nested]) => `${sum}${nested ? "++" : "+"}`).join(" ");
}

const LOOP = ["4 sums, 2 k"];
const plain = (sum: string, n: number) =>
  `(f32x4.add (f32x4.add (local.get ${sum}) ${product(0, n)}) ${product(1, n)})`;

test("the sums of one k stand together, and no bit changes", () => {
  const nested = moduleOf(plain);
  const ordered = orderKernels(nested, LOOP);
  expect(order(nested)).toBe("3++ 4++ 5++ 6++");
  expect(order(ordered)).toBe("3+ 4+ 5+ 6+ 3+ 4+ 5+ 6+");
  expect(results(ordered)).toEqual(results(nested));
  expect(new Set(results(ordered)).size).toBe(16);
});

test("a loop that would compute something else is refused", () => {
  // The last sum adds the first, which must be whole by then.
  const reads = moduleOf((sum, n) => (n < 3 ? plain(sum, n) : plain(sum, n).replace(product(0, n), "(local.get $a)")));
  expect(() => orderKernels(reads, LOOP)).toThrow("a loop whose order matters");
});

test("fused sums likewise", () => {
  const fused = (sum: string, n: number) => {
    const [first, second] = [0, 1].map((k) => product(k, n).slice("(f32x4.mul".length, -1));
    return `(f32x4.relaxed_madd ${second} (f32x4.relaxed_madd ${first} (local.get ${sum})))`;
  };
  const ordered = orderKernels(moduleOf(fused), LOOP);
  expect(order(ordered)).toBe("3+ 4+ 5+ 6+ 3+ 4+ 5+ 6+");
  if (WebAssembly.validate(ordered as BufferSource)) expect(results(ordered)).toEqual(results(moduleOf(fused)));
});

test("a loop that is missing or too many stops the build", () => {
  expect(() => orderKernels(moduleOf(plain), [])).toThrow("expected the loops , found 4 sums, 2 k");
  expect(() => orderKernels(moduleOf(plain), LOOPS)).toThrow("found 4 sums, 2 k");
});

test("the shipped module's loops are in order", () => {
  expect(orderKernels(readFileSync(dist("lstm.wasm")), []).length).toBeGreaterThan(10_000);
});
