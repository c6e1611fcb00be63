#!/usr/bin/env node
/**
 * rustc without the source locations of panics, which nobody reads: a panic only traps (crates/lstm-wasm/src/runtime.rs), and
 * they would be 6 kB of the module. The flag is unstable, so RUSTC_BOOTSTRAP must be set. cargo calls this script for the
 * crates of this workspace only, as its RUSTC_WORKSPACE_WRAPPER: in cargo's own environment the variable would also change
 * what the build scripts of dependencies find out about the compiler.
 */
import { spawnSync } from "node:child_process";

const [rustc, ...args] = process.argv.slice(2);
const env = { ...process.env, RUSTC_BOOTSTRAP: "1" };
delete env.CARGO_MAKEFLAGS; // names files that only cargo's own children have open
const { status, error } = spawnSync(rustc, [...args, "-Zlocation-detail=none"], { env, stdio: "inherit" });
if (error) console.error(`${rustc} cannot be started: ${error.message}`);
process.exitCode = status ?? 1;
