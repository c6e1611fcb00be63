import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ask, root, Stop } from "./run.mjs";
import { TARGET } from "./rust.mjs";

/**
 * The crates that are compiled into lstm.wasm beside our own.
 *
 * @returns {{ name: string, version: string, license: string, folder: string }[]}
 */
export function compiledCrates() {
  const tree = ["tree", "--locked", "--package", "lstm-wasm", "--target", TARGET, "--edges", "normal,no-proc-macro"];
  const lines = ask("cargo", [...tree, "--prefix", "none", "--no-dedupe", "--format", "{p}"]);
  const metadata = ask("cargo", ["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET]);
  if (lines === undefined || metadata === undefined) throw new Stop("cargo cannot tell which crates are compiled in");
  const compiled = new Set(lines.split("\n").map((line) => line.replace(/ \(.*/, "")));
  return JSON.parse(metadata)
    .packages.filter(({ name, version }) => !name.startsWith("lstm-") && compiled.has(`${name} v${version}`))
    .map(({ name, version, license, manifest_path }) => ({ name, version, license, folder: dirname(manifest_path) }));
}

/** The npm packages that are bundled into an entry. */
const BUNDLED = [
  { name: "fflate", entry: "lstm-wasm/pytorch and lstm-wasm/keras" },
  { name: "jsfive", entry: "lstm-wasm/keras" },
  { name: "pako", entry: "lstm-wasm/keras" },
  ...["cli-progress", "leven", "papaparse", "string-width", "strip-ansi", "ansi-regex", "get-east-asian-width"].map(
    (name) => ({ name, entry: "the command lstm-wasm" }),
  ),
];

/** The notices that the licences of these crates and packages ask for in every copy. Where there is a choice, the licence is MIT. */
export function notices() {
  const crates = compiledCrates().map(({ name, version, license, folder }) => ({
    title: `${name} ${version} (${license})`,
    text: licenceOf(name, folder),
  }));
  const rust = `Copyright (c) The Rust Project Contributors\n\n${permission()}`;
  const all = [...crates, { title: "core, alloc and compiler_builtins of Rust (MIT OR Apache-2.0)", text: rust }];
  const packages = BUNDLED.map(({ name, entry }) => {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { title: `${name} ${version} (${license}), in ${entry}`, text: licenceOf(name, folder) };
  });
  const head = "lstm.wasm, and its text in lstm.wasm.js, have in them, beside lstm-wasm's own code:\n";
  return [
    head,
    ...[...all, ...packages].map(({ title, text }) => `${title}\n${"-".repeat(title.length)}\n\n${text.trim()}\n`),
  ].join("\n");
}

function licenceOf(name, folder) {
  const files = readdirSync(folder).filter((file) => /^LICEN[CS]E/i.test(file) && !/APACHE/.test(file));
  if (files.length === 0)
    throw new Stop(`${name} has no licence file in ${folder}: scripts/notices.mjs needs its text`);
  return files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
}

/** The text of the MIT licence without whose it is. */
function permission() {
  const text = readFileSync(join(root, "LICENSE"), "utf8");
  return text.slice(text.indexOf("Permission is hereby granted"));
}
