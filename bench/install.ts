import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Installs the packages of bench/<folder>, a package of its own with a lock file, unless they are as locked. */
export function install(folder: "contestants" | "nodes" | "charts"): void {
  const path = fileURLToPath(new URL(`${folder}/`, import.meta.url));
  if (versions(`${path}package-lock.json`) === versions(`${path}node_modules/.package-lock.json`)) return;
  console.error(`bench: installing the packages of bench/${folder}`);
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: path,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32", // where npm is a .cmd file
  });
  if (status !== 0) throw new Error(`npm ci failed in bench/${folder}`);
}

/** What a lock file locks, less the optional packages: they are mostly binaries for other systems. */
function versions(lockFile: string): string | undefined {
  if (!existsSync(lockFile)) return undefined;
  const { packages } = JSON.parse(readFileSync(lockFile, "utf8")) as { packages: Record<string, LockedPackage> };
  const needed = Object.entries(packages).filter(([path, { optional }]) => path !== "" && !optional);
  return JSON.stringify(needed.map(([path, { version }]) => [path, version]).sort());
}

interface LockedPackage {
  readonly version: string;
  readonly optional?: boolean;
}
