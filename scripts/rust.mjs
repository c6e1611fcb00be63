import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { DEBIAN_SYSROOT, isDebianRoot, prepareDebian } from "./debian.mjs";
import { announce, ask, cargoHome, run, Stop } from "./run.mjs";

export const TARGET = "wasm32-unknown-unknown";

/** The name under which rustup knows Debian's compiler. */
const LINKED = "lstm-wasm";

/** Any of these would replace the flags of .cargo/config.toml, SIMD among them. */
const WITHOUT_FLAGS = {
  RUSTFLAGS: undefined,
  CARGO_ENCODED_RUSTFLAGS: undefined,
  CARGO_BUILD_RUSTFLAGS: undefined,
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: undefined,
};

/**
 * Finds or makes a Rust toolchain that builds for WebAssembly. Returns `{ sysroot, env }`, env being the environment in
 * which cargo and wasm-pack use it. The cheap ways come first: the active toolchain, one linked by an earlier run,
 * rustup's download; the last is Debian's compiler with a standard library built here.
 */
export function wasmToolchain() {
  const active = ask("rustc", ["--print", "sysroot"]);
  if (active === undefined) {
    throw new Stop(
      "Rust is missing (`rustc --print sysroot` fails). Type\n" +
        "  curl https://sh.rustup.rs -sSf | sh -s -- -y\n  rustup default stable",
    );
  }
  const found = toolchain() ?? toolchain(LINKED) ?? fromRustup() ?? fromDebian();
  if (found !== undefined) return found;
  throw new Stop(
    `no Rust toolchain here has the target ${TARGET} (the active one is ${active}). Type\n` +
      `  rustup target add ${TARGET}\n  npm test\n` +
      "On Debian 12, npm test run as root once builds the target from Debian's packages where rustup cannot download it.",
  );
}

/** The active toolchain, or the one that rustup knows by a name, if it holds the target's standard library. */
function toolchain(name) {
  const choice = name === undefined ? {} : { RUSTUP_TOOLCHAIN: name };
  const sysroot = ask("rustc", ["--print", "sysroot"], choice);
  return sysroot !== undefined && hasTarget(sysroot) ? { sysroot, env: { ...WITHOUT_FLAGS, ...choice } } : undefined;
}

function hasTarget(sysroot) {
  const folder = join(sysroot, "lib/rustlib", TARGET, "lib");
  const libraries = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".rlib")) : [];
  return ["libcore-", "libstd-"].every((crate) => libraries.some((name) => name.startsWith(crate)));
}

const hasRustup = () => ask("rustup", ["--version"]) !== undefined;

function fromRustup() {
  if (!hasRustup()) return undefined;
  announce(`adding the target ${TARGET} to the Rust toolchain, a few seconds`);
  try {
    run("rustup", ["target", "add", TARGET], { env: { RUST_BACKTRACE: "0" } });
  } catch (error) {
    announce(error.message);
  }
  return toolchain();
}

function fromDebian() {
  if (!isDebianRoot()) return undefined;
  prepareDebian(TARGET, hasTarget(DEBIAN_SYSROOT), pathRemaps(DEBIAN_SYSROOT));
  if (!hasRustup()) return toolchain();
  run("rustup", ["toolchain", "link", LINKED, DEBIAN_SYSROOT]);
  return toolchain(LINKED);
}

/** Compiler flags that keep this machine's paths out of panic messages. */
export function pathRemaps(sysroot) {
  const source = join(sysroot, "lib/rustlib/src/rust");
  const places = [
    [cargoHome, "/cargo"],
    [source, "/rust"],
    ...(existsSync(source) ? [[realpathSync(source), "/rust"]] : []),
  ];
  return places.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}
