/**
 * README.md, README.zh-CN.md and docs/: every sample runs as a reader would run it and prints what its `// →` comments say, every link leads
 * somewhere, and the lists are complete. The Python samples are run by test/fixtures/docs/run_python.py.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { transform } from "esbuild";
import type { LSTMErrorCode } from "lstm-wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordsOf, withFigures } from "../bench/docs.js";

const root = join(import.meta.dirname, "..");
const docs = readdirSync(join(root, "docs")).map((name) => `docs/${name}`);
const pages = ["README.md", "README.zh-CN.md", ...docs];
const read = (page: string) => readFileSync(join(root, page), "utf8");

const IMPORTS = `import { GRU, LSTM, RNN, Tensor } from "lstm-wasm";
import { Embedding, Linear, ReLU, Sequential } from "lstm-wasm/nn";
import { Adam } from "lstm-wasm/train";
declare const dict: Record<string, Tensor>;
`;

interface Block {
  readonly language: string;
  /** Whether only a browser can run it: then it is compiled and not run. */
  readonly browser: boolean;
  readonly code: string;
  /** Where it stands, for the reader of a failure: "docs/streams.md:12". */
  readonly place: string;
}

/** The blocks of code of a page; "```ts browser" begins one that only a browser can run. */
const blocksOf = (page: string): Block[] =>
  [...read(page).matchAll(/^```(\w+)( browser)?\n(.*?)^```$/gms)].map(
    ({ 1: language, 2: browser, 3: code, index }) => ({
      language: language as string,
      browser: browser !== undefined,
      code: code as string,
      place: `${page}:${read(page).slice(0, index).split("\n").length}`,
    }),
  );
const blocks = pages.flatMap(blocksOf);
const samples = blocks.filter(({ language }) => language === "js" || language === "ts");
/** Samples inside of comments in ts/, which leave out what they import. */
const documented = readdirSync(join(root, "ts"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => [...readFileSync(join(root, "ts", file), "utf8").matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)])
  .map(({ 1: code }) => IMPORTS + (code as string).replace(/^ *\* ?/gm, ""));

/** The lines that a block says it prints: after the arrow of a comment, `// → ` or `# → ` in Python, to the end of the line. */
const promised = ({ code }: Block): string[] =>
  [...code.matchAll(/(?:\/\/|#) (?:[^→\n]* )?→ (.*)$/gm)].map((match) => match[1] as string);

/** A file's name for a block. */
const nameOf = ({ place }: Block): string => basename(place).replace(/\W/g, "-");

/** A `.nam` file of an LSTM of two units. */
const smallAmplifier = () =>
  JSON.stringify({
    architecture: "LSTM",
    config: { input_size: 1, hidden_size: 2, num_layers: 1 },
    weights: Array.from({ length: 39 }, (_, i) => Math.sin(i)),
    sample_rate: 48000,
  });

const linesOf = (text: string): string[] => text.split("\n").slice(0, -1);

describe("samples", () => {
  let folder: string;

  beforeAll(() => {
    // Inside the project, so that "lstm-wasm" is the package itself.
    mkdirSync(join(root, "target"), { recursive: true });
    folder = mkdtempSync(join(root, "target/docs-"));
    for (const file of readdirSync(join(root, "test/fixtures/docs"))) {
      copyFileSync(join(root, "test/fixtures/docs", file), join(folder, file)); // what the Python samples wrote
    }
    copyFileSync(join(root, "test/fixtures/pytorch/checkpoint.pt"), join(folder, "checkpoint.pt"));
    for (const name of ["external.onnx", "external.onnx.data"]) {
      copyFileSync(join(root, "test/fixtures/onnx", name), join(folder, name));
    }
    const { modelJson, weights } = JSON.parse(read("test/fixtures/keras/tfjs.json")).stacked;
    writeFileSync(join(folder, "model.json"), JSON.stringify(modelJson));
    writeFileSync(join(folder, modelJson.weightsManifest[0].paths[0]), Buffer.from(weights, "base64"));
    writeFileSync(join(folder, "amplifier.nam"), smallAmplifier());
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are found", () => {
    expect(samples.length).toBeGreaterThanOrEqual(20);
    expect(samples.some(({ browser }) => browser)).toBe(true);
    expect(documented.length).toBeGreaterThanOrEqual(2);
    for (const language of ["python", "console"])
      expect(blocks.some((block) => block.language === language)).toBe(true);
  });

  it.each(samples.filter(({ browser }) => !browser))("$place runs and prints what it says", async (block) => {
    const { code: script } = await transform(block.code, { loader: block.language as "js" | "ts", format: "esm" });
    const file = join(folder, `${nameOf(block)}.mjs`);
    writeFileSync(file, script);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(linesOf(stdout)).toEqual(promised(block));
  });

  it.each(blocks.filter(({ language }) => language === "console"))("$place prints what it says", (block) => {
    // "$ " begins a command; what it prints follows. `npx lstm-wasm` is what stands in dist/.
    const [, ...commands] = `\n${block.code}`.split("\n$ ");
    for (const text of commands) {
      const [command = "", ...lines] = text.trimEnd().split("\n");
      const bin = `npx() { shift; ${JSON.stringify(process.execPath)} ${JSON.stringify(join(root, "dist/bin.js"))} "$@"; }`;
      const script = `${bin}\n${command} 2>&1`;
      const { stdout } = spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" });
      expect(
        stdout
          .trimEnd()
          .split("\n")
          .map((line) => line.trimEnd()),
      ).toEqual(lines.length === 0 ? [""] : lines);
    }
  });

  it("compile in strict TypeScript, also those of doc comments", () => {
    const project = mkdtempSync(join(folder, "types-"));
    for (const block of samples) writeFileSync(join(project, `${nameOf(block)}.ts`), block.code);
    for (const [index, code] of documented.entries()) writeFileSync(join(project, `documented-${index}.ts`), code);
    const compilerOptions = { noEmit: true, strict: true, module: "nodenext", target: "es2022", types: ["node"] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const tsc = [join(root, "node_modules/typescript/bin/tsc"), "--project", project];
    const { status, stdout } = spawnSync(process.execPath, tsc, { cwd: folder, encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  }, 30_000);

  it("promise the same numbers in Python and in JavaScript", () => {
    for (const page of pages) {
      const inJavaScript = samples
        .filter(({ place }) => place.startsWith(`${page}:`))
        .flatMap(promised)
        .join("\n");
      for (const block of blocksOf(page).filter(({ language }) => language === "python"))
        expect(inJavaScript).toContain(promised(block).join("\n"));
    }
  });
});

describe("README.md", () => {
  it("is one page", () => {
    expect(linesOf(read("README.md")).length).toBeLessThanOrEqual(170);
  });

  it("links to every page of docs/", () => {
    for (const page of docs) expect(read("README.md")).toContain(`](${page})`);
  });
});

const linking = [
  ...pages,
  ...["CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md"],
  ...readdirSync(join(root, "examples")).map((name) => `examples/${name}/README.md`),
].filter((page) => existsSync(join(root, page)));

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (page: string) =>
  [
    ...read(page)
      .replace(/^```.*?^```$/gms, "")
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );

it.each(linking)("%s links to files and headings that are there", (page) => {
  const prose = read(page).replace(/^```.*?^```$/gms, "");
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
  for (const target of targets.filter((one) => !/^[a-z]+:/.test(one))) {
    const [path, anchor] = target.split("#") as [string, string | undefined];
    const file = path === "" ? page : join(dirname(page), path);
    expect(existsSync(join(root, file)), target).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(file), target).toContain(anchor);
  }
});

describe("docs/exports.md", () => {
  const entries = ["index", "nn", "train", "onnx", "keras", "audio", "safetensors", "pytorch", "npy", "slim", "node"];
  /** The names in the table under an entry's heading. */
  const listed = (entry: string) => {
    const heading = `\n## ${entry === "index" ? "lstm-wasm" : `lstm-wasm/${entry}`}\n`;
    const section = read("docs/exports.md").split(heading)[1]?.split("\n## ")[0] ?? "";
    return [...section.matchAll(/^\| `([\w.]+)`/gm)].map(([, name]) => name as string);
  };

  it.each(entries)("lists everything that %s exports, types too, and nothing else", async (entry) => {
    const values: Record<string, object> = await import(
      join(root, `dist/${entry === "slim" ? "slim/slim" : entry}.js`)
    );
    const declarations = read(`dist/types/${entry}.d.ts`).replace(/\/\*.*?\*\//gs, "");
    const lists = [...declarations.matchAll(/export (?:type )?\{(.*?)\}/gs)].flatMap(([, list]) =>
      (list as string).split(","),
    );
    const types = lists.map((item) => item.trim().split(" ").at(-1) as string).filter((name) => name !== "");
    const names = new Set([...types, ...Object.keys(values)]);
    for (const inner of "init" in values && entry === "train" ? Object.keys(values.init as object) : [])
      names.add(`init.${inner}`);
    if (entry === "slim") for (const name of listed("index")) names.delete(name);
    expect(listed(entry).sort()).toEqual([...names].sort());
  });
});

it.each(["README.md", "README.zh-CN.md", "docs/speed.md", "docs/integer-weights.md"] as const)(
  "%s has the figures of the records that the pages name",
  (page) => {
    const text = read(page);
    const records = recordsOf(read("docs/speed.md") + read("docs/integer-weights.md"));
    expect(text).toBe(withFigures(page, text, records));
  },
);

it("sizes are those that .size-limit.js holds", async () => {
  const { default: budgets }: { default: { name: string; limit: string }[] } = await import("../.size-limit.js");
  for (const { name, limit } of budgets) {
    const [, entry] = /^(lstm-wasm[/\w]*)/.exec(name) ?? [];
    if (entry === undefined || name.includes(" with the ")) continue;
    const row = read("docs/entries.md").match(new RegExp(`^\\| \`${entry}\` \\|.*$`, "m"))?.[0];
    expect(row, name).toContain(limit);
  }
  expect(read("README.md")).toContain(`at most ${budgets[0]?.limit} after gzip`);
});

describe("docs/errors-and-limits.md", () => {
  it("lists every error code", () => {
    const codes: Record<LSTMErrorCode, true> = {
      OPTION: true,
      SHAPE_MISMATCH: true,
      DTYPE: true,
      LENGTHS: true,
      STATE: true,
      STATE_DICT: true,
      FILE: true,
      NO_FORWARD: true,
      STALE_FORWARD: true,
      QUANTIZED: true,
      OUT_OF_MEMORY: true,
      DISPOSED: true,
      INSTANCE_TRAPPED: true,
      WASM_UNAVAILABLE: true,
    };
    for (const code of Object.keys(codes)) expect(read("docs/errors-and-limits.md")).toContain(`| \`${code}\` |`);
  });
});
