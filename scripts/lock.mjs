import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
    const holder = owner();
    if (isAlive(holder)) return false;
    removeLeftOver(holder);
    return take();
  }
}

/** Removes the lock of a run that was killed: moved aside first, so that no other waiter's new lock is deleted. */
function removeLeftOver(holder) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (Number(readFileSync(aside, "utf8")) === holder) rmSync(aside);
    else renameSync(aside, file);
  } catch (error) {
    if (error.code !== "ENOENT") throw error; // another waiter was faster
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
