/** What `npm publish` would send: its files, its promises in package.json, and what bundlers can leave out of it. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asText } from "../../scripts/embed.mjs";
import { compiledCrates } from "../../scripts/notices.mjs";
import { root } from "../../scripts/run.mjs";
import { output, Place } from "./place.js";

let place: Place;
let installed: string;
let files: string[];

beforeAll(async () => {
  place = await Place.make();
  installed = join(place.folder, "node_modules/lstm-wasm");
  const entries = readdirSync(installed, { recursive: true, withFileTypes: true });
  files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}, 121_000);
afterAll(() => place.close());

const read = (file: string) => readFileSync(join(installed, file), "utf8");

/** Every string in a tree of conditions, with the conditions on the way to it. */
function targets(node: unknown, conditions: string[] = []): { file: string; conditions: string[] }[] {
  if (typeof node === "string") return [{ file: node, conditions }];
  return Object.entries(node as object).flatMap(([name, inner]) => targets(inner, [...conditions, name]));
}

describe("package.json", () => {
  test("has no dependencies, and no scripts, which only a clone can run", () => {
    const manifest = JSON.parse(read("package.json"));
    for (const name of ["scripts", "dependencies", "devDependencies", "peerDependencies", "optionalDependencies"]) {
      expect(manifest).not.toHaveProperty(name);
    }
    expect(manifest.sideEffects).toBe(false);
  });

  test("is the clone's own again after packing, also after packing that was broken off", () => {
    const clone = join(place.folder, "clone");
    cpSync(join(root, "scripts"), join(clone, "scripts"), { recursive: true });
    cpSync(join(root, "package.json"), join(clone, "package.json"));
    const manifest = () => readFileSync(join(clone, "package.json"), "utf8");
    const step = (name: string) => execFileSync(process.execPath, [join(clone, "scripts/manifest.mjs"), name]);
    const own = manifest();
    step("--publish");
    step("--publish");
    expect(manifest()).toBe(read("package.json"));
    step("--restore");
    expect(manifest()).toBe(own);
    expect(JSON.parse(own).scripts).toMatchObject({
      prepack: expect.stringMatching(/manifest\.mjs --publish$/),
      postpack: "node scripts/manifest.mjs --restore",
    });
  });

  test("exports files that are there, each sub-path with types first", () => {
    const { exports } = JSON.parse(read("package.json")) as { exports: Record<string, unknown> };
    for (const [path, conditions] of Object.entries(exports)) {
      for (const { file } of targets(conditions)) expect(files, path).toContain(join(installed, file));
      if (path !== "./package.json") expect(Object.keys(conditions as object)[0], path).toBe("types");
    }
  });

  test("publint has nothing to say", async () => {
    const { messages } = await publint({ pkgDir: installed, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  test("are the types wrong? No", async () => {
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    await output(process.execPath, [attw, place.tarball, "--profile", "esm-only"], root); // throws if it complains
  }, 60_000);
});

describe("the files", () => {
  test("are what runs, its types, and some texts", () => {
    const names = files.map((file) => file.slice(installed.length + 1));
    const kinds = [
      /^dist\/THIRD-PARTY-NOTICES\.txt$/,
      /^dist\/[\w/-]+[\w.]*\.js$/,
      /^dist\/types\/[\w/.-]+\.d\.ts$/,
      /^dist\/lstm\.wasm$/,
      /^docs\/[\w-]+\.md$/,
    ];
    const texts = ["package.json", "README.md", "README.zh-CN.md", "LICENSE", "CHANGELOG.md"];
    const others = names.filter((name) => !texts.includes(name) && !kinds.some((kind) => kind.test(name)));
    expect(others).toEqual([]);
    for (const text of texts) expect(names).toContain(text);
  });

  test("link to each other, or into the clone, as README.md says", () => {
    const pages = files.filter((file) => file.endsWith(".md"));
    const clone = (path: string) => join(root, relative(installed, path));
    const outside = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/\]\(([^)#\s:]+)(#[^)\s]*)?\)/g)]
        .map(([, target]) => join(dirname(page), target as string))
        .filter((path) => !existsSync(path)),
    );
    for (const path of outside) expect(existsSync(clone(path)), path).toBe(true);
    const kept = outside.filter((path) => /^(docs|dist)\/|^[^/]+$/.test(relative(installed, path)));
    expect(new Set(kept.map((path) => relative(installed, path)))).toEqual(new Set(["CONTRIBUTING.md"]));
    expect(read("README.md")).toContain(
      "holds `docs`, this page and CHANGELOG.md: other links and pictures lead into the clone",
    );
  });

  test("are readable, but for the text of the WebAssembly, which has a file of its own", () => {
    const scripts = files.filter((file) => file.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(5);
    for (const script of scripts) {
      const longest = Math.max(
        ...readFileSync(script, "utf8")
          .split("\n")
          .map((line) => line.length),
      );
      if (script.endsWith("/lstm.wasm.js")) expect(longest, script).toBeGreaterThan(50_000);
      else expect(longest, script).toBeLessThan(300);
    }
  });

  test("show the line that an uncaught error comes from, and not much more", () => {
    const program = `import { LSTM, Tensor } from "lstm-wasm";
      new LSTM({ inputSize: 5, hiddenSize: 6 }).forward(Tensor.zeros([7, 3, 4]));`;
    const line = ["--input-type=module", "--eval", program];
    const { status, stderr } = spawnSync(process.execPath, line, { cwd: place.folder, encoding: "utf8" });
    expect(status).toBe(1);
    const [where, thrown] = stderr.split("\n");
    expect(where).toMatch(/\/dist\/[\w-]+\.js:\d+$/);
    expect(thrown).toMatch(/^ *throw new LSTMError\(/);
    expect(stderr).toMatch(/^ +at new Call \(.*^ +at LSTM\.forward \(/ms);
    for (const text of stderr.split("\n")) expect(text.length).toBeLessThan(200);
  });

  test("carry the notices of every crate that is compiled in", () => {
    const text = read("dist/THIRD-PARTY-NOTICES.txt");
    const crates = compiledCrates();
    expect(crates.length).toBeGreaterThan(2);
    for (const { name, version } of crates) {
      const [, after] = text.split(`\n${name} ${version} (`);
      expect(after, name).toMatch(/^[^)]*MIT.*\n-+\n\n(.+\n|\n(?!-))*?Permission is hereby granted, free of charge/);
    }
  });

  test("carry the notice of every npm package that is bundled", () => {
    const bundled = files
      .filter((file) => file.endsWith(".js"))
      .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)]);
    const names = new Set(bundled.map(([, name]) => name as string));
    expect(names).toContain("papaparse");
    const text = read("dist/THIRD-PARTY-NOTICES.txt");
    for (const name of names) expect(text, name).toMatch(new RegExp(`^${name} [\\d.]+ \\(.*\\), in .*\\n-+\\n`, "m"));
  });

  test("none knows the machine it was built on", () => {
    for (const file of files) expect(readFileSync(file).includes(root), file).toBe(false);
  });
});

describe("a bundle has only what it uses", () => {
  /** The size of a minified bundle of one statement, and whether the WebAssembly is in it. */
  async function bundle(contents: string): Promise<{ size: number; wasm: boolean }> {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: place.folder },
      bundle: true,
      format: "esm",
      minify: true,
      write: false,
      logLevel: "error",
    });
    const text = outputFiles[0]?.text ?? "";
    const embedded = asText(readFileSync(join(installed, "dist/lstm.wasm"))).slice(-1000);
    return { size: text.length, wasm: text.includes(embedded) };
  }

  test("the WebAssembly where there is an LSTM", async () => {
    expect((await bundle('export { LSTM } from "lstm-wasm"')).wasm).toBe(true);
  });

  test.each([
    ['export { Tensor } from "lstm-wasm"', 21_000],
    // Tensor has a computed key (Node's inspect), which bundlers keep: it stays in, without what runs an LSTM.
    ['export { LSTMError } from "lstm-wasm"', 21_000],
    ['export { packPaddedSequence } from "lstm-wasm"', 25_400],
    ['export * from "lstm-wasm/safetensors"', 25_000],
    [
      'import "lstm-wasm"; import "lstm-wasm/nn"; import "lstm-wasm/train"; import "lstm-wasm/onnx"; import "lstm-wasm/safetensors"; import "lstm-wasm/slim"',
      10,
    ],
  ])("not with %s", async (contents, limit) => {
    const { size, wasm } = await bundle(contents);
    expect(wasm).toBe(false);
    expect(size).toBeLessThan(limit);
  });
});
