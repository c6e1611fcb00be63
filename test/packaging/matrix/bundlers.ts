import { join } from "node:path";
import type { Place } from "../place.js";
import { CORE, type Digests, type RuntimeCheck, sameBits } from "../runtime-check.js";
import { tool } from "../tools.js";

/** A bundler with its default settings, its bundles opened in Chromium: makes one of an entry, returns the page. */
interface Bundler {
  readonly runtime: string;
  readonly everyday?: boolean;
  bundle(place: Place, entry: string): Promise<string>;
  /** Columns and their entries. */
  readonly checks: Readonly<Record<string, string>>;
}

const esbuild: Bundler = {
  runtime: "esbuild",
  everyday: true,
  bundle: async (place, entry) => `script.html?type=module&src=${await place.bundle(entry)}`,
  checks: { page: "page.js" },
};

const rollup: Bundler = {
  runtime: "Rollup",
  async bundle({ folder }, entry) {
    const { rollup: build } = await tool<Rollup>("rollup");
    const nodeResolve = await tool<() => object>("@rollup/plugin-node-resolve");
    const bundle = await build({ input: join(folder, entry), plugins: [nodeResolve()] });
    await bundle.write({ file: join(folder, "bundled/rollup", entry) });
    return `script.html?type=module&src=bundled/rollup/${entry}`;
  },
  checks: { page: "page.js" },
};

interface Rollup {
  rollup(options: object): Promise<{ write(options: object): Promise<unknown> }>;
}

const webpack: Bundler = {
  runtime: "webpack",
  async bundle({ folder }, entry) {
    const start = await tool<Webpack>("webpack");
    const output = { path: join(folder, "bundled/webpack", entry) };
    await new Promise<void>((resolve, reject) => {
      start({ context: folder, mode: "production", entry: `./${entry}`, output }, (error, stats) => {
        if (error) reject(error);
        else if (stats?.hasErrors() || stats?.hasWarnings()) reject(new Error(stats.toString("errors-warnings")));
        else resolve();
      });
    });
    return `script.html?type=text/javascript&src=bundled/webpack/${entry}/main.js`;
  },
  checks: { page: "page.js", worker: "app.js", "slim, its asset": "slim-webpack.js" },
};

type Webpack = (
  options: object,
  done: (
    error: Error | null,
    stats?: { hasErrors(): boolean; hasWarnings(): boolean; toString(what: string): string },
  ) => void,
) => void;

const vite: Bundler = {
  runtime: "Vite, build",
  async bundle({ folder }, entry) {
    const { build } = await tool<Vite>("vite");
    const page = `vite-${entry.replace(".js", ".html")}`;
    const outDir = `bundled/vite/${entry}`;
    const options = { outDir, rollupOptions: { input: join(folder, page) } };
    await build({ root: folder, base: `/${outDir}/`, logLevel: "error", build: options });
    return `${outDir}/${page}`;
  },
  checks: { page: "page.js", worker: "app.js", "slim, its asset": "slim-vite.js" },
};

/** The server that one develops with rewrites dependencies in a way of its own. */
const viteServer: Bundler = {
  runtime: "Vite, server",
  async bundle(place, entry) {
    const { createServer } = await tool<Vite>("vite");
    const server = await createServer({ root: place.folder, logLevel: "error" });
    await server.listen();
    place.atEnd(() => server.close());
    return `${server.resolvedUrls?.local[0]}vite-${entry.replace(".js", ".html")}`;
  },
  checks: vite.checks,
};

interface Vite {
  build(options: object): Promise<unknown>;
  createServer(options: object): Promise<{
    listen(): Promise<unknown>;
    close(): Promise<void>;
    resolvedUrls: { local: string[] } | null;
  }>;
}

const wanted = (check: string): Digests | undefined => (check.startsWith("slim") ? CORE : undefined);

export const bundlers: RuntimeCheck[] = [esbuild, rollup, webpack, vite, viteServer].flatMap(
  ({ runtime, everyday = false, bundle, checks }) =>
    Object.entries(checks).map(([check, entry]) => ({
      table: "Bundlers, in Chromium",
      runtime,
      check,
      everyday,
      run: async (place: Place) => sameBits(await place.open("chromium", await bundle(place, entry)), wanted(check)),
    })),
);
