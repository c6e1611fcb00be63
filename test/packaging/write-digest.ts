/** Writes digest.json anew, from this Node. Only for when check.js or the order of operations is meant to change. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { output, Place } from "./place.js";

const place = await Place.make();
const found = JSON.parse(await output(process.execPath, ["import.mjs"], place.folder));
writeFileSync(join(import.meta.dirname, "digest.json"), `${JSON.stringify(found, undefined, 2)}\n`);
await place.close();
