import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { browser } from "../../scripts/browsers.mjs";
import { ask } from "../../scripts/run.mjs";

/** What the matrix ran on: for the reader of its table. */
export function versions(): string {
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, "package.json"), "utf8"));
  const tools = Object.entries<string>(dependencies).map(
    ([name, version]) => `${name} ${version.replace(/^npm:\w+@/, "")}`,
  );
  const browsers = [ask(browser("chromium"), ["--version"]), ask(browser("firefox"), ["--version"]), webkit()];
  return [`${process.platform} ${process.arch}, ${cpus()[0]?.model.trim()}`, ...browsers, ...tools]
    .filter(Boolean)
    .join("; ");
}

/** Its commands do not tell. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of dpkg-query
const webkit = () => ask("dpkg-query", ["--show", "--showformat", "WebKitGTK ${Version}", "libwebkit2gtk-4.1-0"]);
