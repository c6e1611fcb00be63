import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isDebianRoot } from "./debian.mjs";
import { announce, run, Stop } from "./run.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The path of a Chromium to test in, from Debian's package if there is none yet. */
export function chromium() {
  const found = find();
  if (found !== undefined) return found;
  if (isDebianRoot()) {
    announce("installing Debian's chromium, about 30 s");
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const patience = ["-q", "-o", "DPkg::Lock::Timeout=300"];
    run("apt-get", [...patience, "update"], { env });
    run("apt-get", [...patience, "install", "-y", "--no-install-recommends", "chromium"], { env });
  }
  return find() ?? stop();
}

function find() {
  const folders = [...process.env.PATH.split(delimiter), "/usr/bin"];
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

function stop() {
  throw new Stop(`no Chromium on the PATH (looked for ${NAMES.join(", ")}); as Debian root it would be installed`);
}
