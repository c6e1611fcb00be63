import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../scripts/run.mjs";
import { output } from "../place.js";
import type { RuntimeCheck } from "../runtime-check.js";
import { packageOf } from "../tools.js";

/** The clone's own TypeScript, and the oldest that our declarations compile with: before 5.2 there is no `Symbol.dispose`. */
const VERSIONS = [
  { version: "7", everyday: true, folder: () => join(root, "node_modules/typescript") },
  { version: "5.2, the oldest", everyday: false, folder: () => packageOf("typescript-5.2") },
];

/**
 * How projects are set up. Without skipLibCheck, because our declarations must compile with whatever a user has: without
 * the DOM's types, without Node's, and with a `lib` as old as what we use.
 */
const RESOLUTIONS = [
  { moduleResolution: "bundler", module: "esnext" },
  { moduleResolution: "node16", module: "node16" },
  { moduleResolution: "nodenext", module: "nodenext" },
];
const LIBS = { "with DOM": "es2022,dom", "without DOM": "es2022", "lib ES2020": "es2020,dom", "lib ESNext": "esnext" };

export const typescript: RuntimeCheck[] = VERSIONS.flatMap(({ version, everyday, folder: compiler }) =>
  RESOLUTIONS.flatMap((resolution) =>
    Object.entries(LIBS).map(([check, libs]) => ({
      table: "TypeScript",
      runtime: `${version}, ${resolution.moduleResolution}`,
      check,
      everyday,
      async run({ folder }) {
        const lib = libs.split(",");
        const files = lib.includes("dom") ? ["user.ts", "user-dom.ts"] : ["user.ts"];
        const compilerOptions = {
          ...resolution,
          lib,
          target: "es2022",
          noEmit: true,
          strict: true,
          skipLibCheck: false,
          types: [],
        };
        const project = join(folder, `tsconfig ${version} ${resolution.module} ${check}.json`);
        writeFileSync(project, JSON.stringify({ compilerOptions, files }));
        await output(process.execPath, [join(compiler(), "bin/tsc"), "--project", project], folder);
      },
    })),
  ),
);
