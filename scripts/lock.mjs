import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { announce, root } from "./run.mjs";

const file = join(root, "target/setup.lock");

/** Runs `work` while no other setup works in this clone: `npm start` and `npm test` may be typed in two terminals. */
export async function locked(work) {
  mkdirSync(join(root, "target"), { recursive: true });
  for (let waited = false; !take(); waited = true) {
    if (!waited) announce(`waiting for another setup, process ${owner()} (if there is none, delete ${file})`);
    await sleep(200);
  }
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take() {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isAlive(owner())) return false;
    rmSync(file, { force: true }); // left behind by a run that was killed
    return take();
  }
}

function owner() {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0; // freed in the meantime
  }
}

function isAlive(pid) {
  if (pid === 0) return true; // being written, or already gone: look again
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
