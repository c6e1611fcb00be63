/** README.md's samples, run as a reader would run them: what they print must be what their `// →` comments say. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { LSTM, type LSTMErrorCode, Tensor } from "lstm-wasm";
import { save } from "lstm-wasm/safetensors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

const IMPORTS = `import { LSTM, Tensor } from "lstm-wasm";
import { Embedding, Linear, Sequential } from "lstm-wasm/nn";
import { Adam } from "lstm-wasm/train";
`;

interface Block {
  readonly language: string;
  readonly code: string;
  /** Where it begins in the README, for the reader of a failure. */
  readonly line: number;
}

const blocks: Block[] = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language, 2: code, index }) => ({
  language: language as string,
  code: code as string,
  line: readme.slice(0, index).split("\n").length,
}));
const samples = blocks.filter(({ language }) => language === "js" || language === "ts");
/** Samples inside of comments in ts/, which leave out what they import. */
const documented = readdirSync(join(root, "ts"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => [...readFileSync(join(root, "ts", file), "utf8").matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)])
  .map(({ 1: code }) => IMPORTS + (code as string).replace(/^ *\* ?/gm, ""));
const python = blocks.filter(({ language }) => language === "python");

/** The lines that a block says it prints: after `// → `, or `# → ` in Python, to the end of the line. */
const promised = ({ code }: Block): string[] =>
  [...code.matchAll(/(?:\/\/|#) → (.*)$/gm)].map((match) => match[1] as string);

const linesOf = (text: string): string[] => text.replace(/\n$/, "").split("\n");

describe("README.md", () => {
  let folder: string;

  beforeAll(() => {
    // Inside the project, so that "lstm-wasm" is the package itself.
    mkdirSync(join(root, "target"), { recursive: true });
    folder = mkdtempSync(join(root, "target/readme-"));
    writeFileSync(join(folder, "model.safetensors"), modelOfThePythonSample());
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has samples", () => {
    expect(samples.length).toBeGreaterThanOrEqual(5);
    expect(documented.length).toBeGreaterThanOrEqual(2);
    expect(python.length).toBeGreaterThan(0);
  });

  it.each(samples)("the sample at line $line runs and prints what it says", async ({ language, code, line }) => {
    const { code: script } = await transform(code, { loader: language as "js" | "ts", format: "esm" });
    const file = join(folder, `line-${line}.mjs`);
    writeFileSync(file, script);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(linesOf(stdout)).toEqual(promised({ language, code, line }));
  });

  it("every sample compiles in strict TypeScript, also those of doc comments", () => {
    const project = mkdtempSync(join(folder, "types-"));
    for (const { code, line } of samples) writeFileSync(join(project, `readme-line-${line}.ts`), code);
    for (const [index, code] of documented.entries()) writeFileSync(join(project, `documented-${index}.ts`), code);
    const compilerOptions = { noEmit: true, strict: true, module: "nodenext", target: "es2022", types: ["node"] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const tsc = [join(root, "node_modules/typescript/bin/tsc"), "--project", project];
    const { status, stdout } = spawnSync(process.execPath, tsc, { cwd: folder, encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  }, 30_000);

  it("promises the same numbers in Python and in JavaScript", () => {
    const inJavaScript = samples.flatMap(promised).join("\n");
    for (const block of python) expect(inJavaScript).toContain(promised(block).join("\n"));
  });

  it("lists every error code", () => {
    const codes: Record<LSTMErrorCode, true> = {
      OPTION: true,
      SHAPE_MISMATCH: true,
      DTYPE: true,
      LENGTHS: true,
      STATE: true,
      STATE_DICT: true,
      SAFETENSORS: true,
      NO_FORWARD: true,
      STALE_FORWARD: true,
      OUT_OF_MEMORY: true,
      DISPOSED: true,
      INSTANCE_TRAPPED: true,
      WASM_UNAVAILABLE: true,
    };
    for (const code of Object.keys(codes)) expect(readme).toContain(`| \`${code}\` |`);
  });
});

/**
 * The file that the README's Python sample writes. The seed gives PyTorch's weights for the LSTM; what
 * `torch.manual_seed(0)` then draws for `nn.Linear(4, 2)` was printed by PyTorch 2.15.
 */
function modelOfThePythonSample(): Uint8Array {
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2, seed: 0 }).stateDict();
  return save({
    ...Object.fromEntries(Object.entries(lstm).map(([name, tensor]) => [`lstm.${name}`, tensor])),
    "head.weight": new Tensor([
      [0.09819042682647705, -0.37124472856521606, 0.08324927091598511, 0.21296459436416626],
      [0.19791549444198608, -0.0629393458366394, -0.40989381074905396, -0.07707703113555908],
    ]),
    "head.bias": new Tensor([0.17365384101867676, -0.18243855237960815]),
  });
}
