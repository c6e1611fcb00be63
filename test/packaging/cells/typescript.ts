import { join } from "node:path";
import { root } from "../../../scripts/run.mjs";
import type { Cell } from "../cell.js";
import { output } from "../place.js";

/**
 * How projects are set up. Without skipLibCheck, because our declarations must compile with whatever a user has: without
 * the DOM's types, without Node's, and with a `lib` as old as what we use.
 */
const RESOLUTIONS = [
  { runtime: "bundler", module: "esnext" },
  { runtime: "node16", module: "node16" },
  { runtime: "nodenext", module: "nodenext" },
];
const LIBS = { "with DOM": "es2022,dom", "without DOM": "es2022", "lib ES2020": "es2020,dom", "lib ESNext": "esnext" };

export const typescript: Cell[] = RESOLUTIONS.flatMap(({ runtime, module }) =>
  Object.entries(LIBS).map(([check, lib]) => ({
    table: "TypeScript, moduleResolution",
    runtime,
    check,
    everyday: true,
    async run({ folder }) {
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const options = ["--module", module, "--moduleResolution", runtime, "--lib", lib, "--target", "es2022"];
      const args = [tsc, "--noEmit", "--strict", "--skipLibCheck", "false", "--types", "", ...options, "user.ts"];
      await output(process.execPath, args, folder);
    },
  })),
);
