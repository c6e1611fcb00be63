import { installPackages } from "../scripts/packages.mjs";

/** Installs the packages of bench/<folder>, a package of its own with a lock file, unless they are as locked. */
export function install(folder: "contestants" | "nodes" | "charts"): void {
  installPackages(`bench/${folder}`, "a minute");
}
