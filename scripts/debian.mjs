import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { announce, ask, run } from "./run.mjs";

/** Debian's compiler comes without the WebAssembly target, but with the source of the standard library. */
export const DEBIAN_SYSROOT = "/usr";
const RUSTLIB = join(DEBIAN_SYSROOT, "lib/rustlib");
const PACKAGES = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22", "gcc", "libc6-dev"];

/** Whether this is Debian and packages may be installed. */
export function isDebianRoot() {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0 && ask("apt-get", ["--version"]) !== undefined;
}

/** Gives /usr/bin/rustc the target: installs Debian's packages, then builds the standard library unless `hasTarget`. */
export function prepareDebian(target, hasTarget, flags) {
  announce(`installing Debian's Rust compiler and library source (${PACKAGES.join(" ")}), about 40 s`);
  installDebian(PACKAGES);
  if (hasTarget) return;
  announce(`building Rust's standard library for ${target} (once on this machine), about 60 s`);
  const crate = mkdtempSync(join(tmpdir(), "lstm-wasm-std-"));
  try {
    buildStandardLibrary(crate, target, flags);
    install(join(crate, "target", target, "release/deps"), join(RUSTLIB, target));
  } finally {
    rmSync(crate, { recursive: true, force: true });
  }
}

/** Installs packages of Debian. */
export function installDebian(packages) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const patience = ["-q", "-o", "DPkg::Lock::Timeout=300"];
  run("apt-get", [...patience, "update"], { env });
  run("apt-get", [...patience, "install", "-y", "--no-install-recommends", ...packages], { env });
}

/** Has cargo build the standard library as a dependency of an empty crate. */
function buildStandardLibrary(crate, target, flags) {
  mkdirSync(join(crate, "src"));
  writeFileSync(join(crate, "src/lib.rs"), "");
  writeFileSync(join(crate, "Cargo.toml"), '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n');
  run(join(DEBIAN_SYSROOT, "bin/cargo"), ["build", "--release", "--target", target, "-Zbuild-std=std,panic_abort"], {
    cwd: crate,
    env: {
      RUSTC: join(DEBIAN_SYSROOT, "bin/rustc"),
      RUSTC_BOOTSTRAP: "1", // -Zbuild-std is unstable
      RUSTUP_TOOLCHAIN: undefined,
      CARGO_TARGET_DIR: join(crate, "target"),
      // Without bitcode a later build with `lto = true` fails.
      CARGO_ENCODED_RUSTFLAGS: ["-Cembed-bitcode=yes", ...flags].join("\x1f"),
    },
  });
}

/** Copies to a temporary folder and renames, so that an interrupted run leaves nothing that looks finished. */
function install(built, place) {
  const partial = `${place}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(join(partial, "lib"), { recursive: true });
  const libraries = readdirSync(built).filter((name) => name.endsWith(".rlib") && !name.startsWith("libempty-"));
  for (const name of libraries) copyFileSync(join(built, name), join(partial, "lib", name));
  rmSync(place, { recursive: true, force: true });
  renameSync(partial, place);
}
