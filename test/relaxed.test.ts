import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dist } from "./support/realm.js";

/** Node 20 has relaxed SIMD behind a flag, which later versions do not know. */
const [major] = process.versions.node.split(".").map(Number) as [number];
const FLAG = major < 22 ? ["--experimental-wasm-relaxed-simd"] : [];

function node(...args: string[]) {
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

it("lstm-wasm/relaxed is as close to float64 as the default build", () => {
  const { stdout, stderr } = node(...FLAG, join(import.meta.dirname, "support/relaxed.mjs"));
  expect(stderr).toBe("");
  const { cases, output, gradient } = JSON.parse(stdout);
  expect(cases).toBe(52);
  expect(output).toBeLessThanOrEqual(2e-6);
  expect(gradient).toBeLessThanOrEqual(2e-5);
});

it.runIf(FLAG.length > 0)("without relaxed SIMD, lstm-wasm/relaxed says who has it", () => {
  const script = `const { LSTM } = await import(${JSON.stringify(dist("relaxed/index.js"))});
    try { new LSTM({ inputSize: 1, hiddenSize: 1 }); } catch ({ code, message }) { console.log(code + ": " + message); }`;
  const { stdout } = node("--input-type=module", "--eval", script);
  expect(stdout).toMatch(/^WASM_UNAVAILABLE: lstm-wasm\/relaxed needs WebAssembly relaxed SIMD: Chrome.*Node 22/);
});
