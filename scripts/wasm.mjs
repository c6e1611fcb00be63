import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { withoutGlue } from "./glue.mjs";
import { withoutMessages } from "./panics.mjs";
import { announce, ask, cargoHome, root, run, Stop } from "./run.mjs";
import { pathRemaps, TARGET, wasmToolchain } from "./rust.mjs";
import { hashOf, readStamp } from "./stamp.mjs";

/**
 * The modules, each in a folder of its own as `lstm_bg.wasm` beside wasm-bindgen's glue. They differ in one thing: whether
 * multiply-add may be fused.
 */
export const MODULES = {
  simd128: { folder: join(root, "target/wasm"), features: [] },
  relaxed: { folder: join(root, "target/wasm-relaxed"), features: ["-Ctarget-feature=+relaxed-simd"] },
};

const WASM_PACK_VERSION = "0.15.1";
/**
 * What has one caller may be inlined, the loops of `simd/product.rs` above all: with --no-inline=* before -O3 the products of batches
 * are 7 % slower; --one-caller-inline-max-function-size=80 is 0.1 kB less and short sequences of few units 4 % slower. -Os is 0.8 kB
 * less and training 3 % slower; --flatten --rereloop is 2.6 kB less and batches are 4 % slower.
 * Gzipped, 0.3 kB less by: the promise that no address is below 1024 (there ends the stack, which grows down from 1 MiB), so that
 * constants move into the offsets of loads; few copies of small functions with several callers.
 */
const WASM_OPT = [
  "-O3",
  "--converge",
  "--low-memory-unused",
  "--flexible-inline-max-function-size=5",
  "--enable-simd",
  "--enable-relaxed-simd",
  "--enable-bulk-memory",
  "--enable-nontrapping-float-to-int",
  "--enable-sign-ext",
  "--enable-mutable-globals",
  "--enable-multivalue",
  "--enable-reference-types",
  "--strip-producers",
  "--strip-target-features",
];
// package-lock.json holds the version of wasm-opt, Cargo.lock that of wasm-bindgen.
const SOURCES = ["crates", "Cargo.toml", "Cargo.lock", ".cargo/config.toml", "package-lock.json"];
const SCRIPTS = ["wasm", "glue", "panics", "rust", "rustc"].map((name) => `scripts/${name}.mjs`);

/** Builds the WebAssembly modules, unless what they are made from has not changed since the last time. */
export async function buildWasm(force) {
  const stamp = hashOf([...SOURCES, ...SCRIPTS]);
  const stale = Object.values(MODULES).filter(({ folder }) => force || readStamp(join(folder, "stamp")) !== stamp);
  if (stale.length === 0) return;

  const { sysroot, env } = wasmToolchain();
  const folders = [
    tool("wasm-pack", "wasm-pack", WASM_PACK_VERSION, env),
    tool("wasm-bindgen", "wasm-bindgen-cli", lockedVersion("wasm-bindgen"), env),
    process.env.PATH,
  ];
  announce("building the WebAssembly modules (their Rust source is new or changed), about 30 s");
  const path = folders.filter(Boolean).join(delimiter);
  const wrapper = process.platform === "win32" ? {} : { RUSTC_WORKSPACE_WRAPPER: join(root, "scripts/rustc.mjs") };
  for (const module of stale) await buildModule(module, stamp, { ...env, ...wrapper, PATH: path }, sysroot);
}

async function buildModule({ folder, features }, stamp, env, sysroot) {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const shape = ["--release", "--target", "bundler", "--no-pack", "--no-gitignore", "--mode", "no-install"];
  const output = ["--out-name", "lstm", "--out-dir", partial];
  // cargo joins these flags to those of .cargo/config.toml.
  const rustflags = [...pathRemaps(sysroot), ...features, "-Clink-arg=--no-merge-data-segments"]; // for withoutMessages
  const flags = ["--config", `target.${TARGET}.rustflags=${JSON.stringify(rustflags)}`];
  run("wasm-pack", ["build", "crates/lstm-wasm", ...shape, ...output, "--", ...flags], { env });
  const file = join(partial, "lstm_bg.wasm");
  writeFileSync(file, await withoutGlue(await withoutMessages(readFileSync(file))));
  run(process.execPath, [join(root, "node_modules/binaryen/bin/wasm-opt"), file, "-o", file, ...WASM_OPT]);
  refusePaths(file, [root, cargoHome, join(sysroot, "lib")]);
  writeFileSync(join(partial, "stamp"), stamp);
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}

/** The folder of a tool in exactly this version, installed now if need be; undefined if the one on the PATH will do. */
function tool(command, crate, version, env) {
  const isRight = (file) => ask(file, ["--version"])?.split(/\s+/).includes(version);
  if (isRight(command)) return undefined;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const place = join(cache, "lstm-wasm/tools", `${crate}-${version}`);
  const folder = join(place, "bin");
  if (!isRight(join(folder, command))) {
    announce(`installing ${crate} ${version} into ${place} (once on this machine), 1 to 2 minutes`);
    const what = ["--version", version, "--root", place, "--bin", command, crate];
    // Optimising a tool that runs for half a second would double the wait.
    run("cargo", ["install", "--locked", "--quiet", ...what], {
      env: { ...env, CARGO_PROFILE_RELEASE_OPT_LEVEL: "0" },
    });
  }
  return folder;
}

/** wasm-bindgen's command must be of the same version as the crate, to the letter. */
function lockedVersion(crate) {
  const lock = join(root, "Cargo.lock");
  const text = existsSync(lock) ? readFileSync(lock, "utf8") : "";
  const version = text.match(`name = "${crate}"\nversion = "(.+)"`)?.[1];
  if (version === undefined) throw new Stop(`Cargo.lock does not name ${crate}: type \`cargo generate-lockfile\``);
  return version;
}

function refusePaths(file, folders) {
  const bytes = readFileSync(file);
  const found = folders.filter((folder) => bytes.includes(`${folder}/`));
  if (found.length > 0) throw new Stop(`${file} holds paths of this machine: ${found.join(", ")}`);
}
