import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { layOutPackage } from "../../scripts/manifest.mjs";
import { root } from "../../scripts/run.mjs";
import { type Browser, type BrowserName, openBrowser } from "./browser.js";
import { type Server, serve } from "./serve.js";

/**
 * A folder outside the clone with the projects and the package that `npm pack` made, installed as a user would. Outside,
 * so that nothing resolves to the clone by chance. Browsers and the server start when a check first asks for them.
 */
export class Place {
  readonly folder: string;
  /** The file that `npm publish` would send. */
  readonly tarball: string;
  #server: Promise<Server> | undefined;
  readonly #browsers = new Map<BrowserName, Promise<Browser>>();
  readonly #atEnd: (() => Promise<void>)[] = [];
  readonly #bundles = new Map<string, Promise<string>>();

  private constructor(folder: string, tarball: string) {
    this.folder = folder;
    this.tarball = tarball;
  }

  /** Packs what stands in dist/ and installs it. */
  static async make(): Promise<Place> {
    const folder = mkdtempSync(join(tmpdir(), "lstm-wasm-packaging-"));
    const staged = join(folder, "staged"); // so that several tests can pack at a time
    layOutPackage(staged);
    await output("npm", ["pack", staged, "--ignore-scripts", "--pack-destination", folder], folder);
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) as string;
    cpSync(join(root, "test/packaging/projects"), folder, { recursive: true });
    cpSync(join(root, "test/packaging/check.js"), join(folder, "check.js"));
    const dependencies = { "lstm-wasm": `file:${tarball}`, "copy-of-lstm-wasm": `file:${tarball}` };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
    await output("npm", ["install", "--offline", "--no-audit", "--no-fund"], folder);
    return new Place(folder, join(folder, tarball));
  }

  /** What a page leaves in `globalThis.result`, opened in a browser: a file of the folder, or an address. */
  async open(name: BrowserName, page: string): Promise<unknown> {
    this.#server ??= serve(this.folder);
    if (!this.#browsers.has(name)) this.#browsers.set(name, openBrowser(name));
    const [server, browser] = await Promise.all([this.#server, this.#browsers.get(name) as Promise<Browser>]);
    return browser.open(new URL(page, server.address).href);
  }

  /** Has esbuild bundle a project's entry with its default settings; returns the bundle's path, written once. */
  bundle(entry: string, format: "esm" | "iife" = "esm"): Promise<string> {
    const out = `bundled/${format}/${entry}`;
    const started =
      this.#bundles.get(out) ??
      build({
        absWorkingDir: this.folder,
        entryPoints: [entry],
        bundle: true,
        format,
        outfile: out,
        logLevel: "error",
      }).then(() => out);
    this.#bundles.set(out, started);
    return started;
  }

  /** Has something else ended at the end. */
  atEnd(work: () => Promise<void>): void {
    this.#atEnd.push(work);
  }

  /** Ends what was started and removes the folder. */
  async close(): Promise<void> {
    for (const work of this.#atEnd) await work();
    for (const browser of this.#browsers.values()) await browser.then(({ close }) => close()).catch(() => {});
    (await this.#server)?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a command prints on stdout; if it fails, an error with all that it printed. */
export function output(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const [out, all]: [string[], string[]] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => [out, all].map((list) => list.push(text)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => all.push(text));
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(out.join(""));
      else reject(new Error(`${command} ${args.join(" ")} ended with ${status}:\n${all.join("")}`));
    });
  });
}
