import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../../../scripts/run.mjs";
import { output } from "../place.js";
import { type RuntimeCheck, sameBits } from "../runtime-check.js";
import { packageOf } from "../tools.js";

/** A test runner that runs a project's one test, which leaves what it found in a file. */
function entry(
  runtime: string,
  check: string,
  project: string,
  everyday: boolean,
  line: () => string[],
  env: NodeJS.ProcessEnv = {},
): RuntimeCheck {
  return {
    table: "Test runners",
    runtime,
    check,
    everyday,
    async run(place) {
      const folder = join(place.folder, "runners", project);
      const found = join(folder, "found.json");
      rmSync(found, { force: true });
      await output(process.execPath, line(), folder, env);
      sameBits(JSON.parse(readFileSync(found, "utf8")));
    },
  };
}

/**
 * Jest takes ES modules as they are with a flag of Node's. In CommonJS it has a `require` of its own, which needs them
 * transformed: by Babel, as here, or by what else transforms the tests.
 */
const jest = ["29", "30"].flatMap((version) => {
  const folder = packageOf(`jest-${version}`);
  const resolve = (name: string) => createRequire(join(folder, "any.js")).resolve(name);
  const line = (config: object) => [
    join(folder, "bin/jest.js"),
    "--config",
    JSON.stringify({ testEnvironment: "node", ...config }),
  ];
  const transformed = () => {
    const plugins = [join(packageOf("@babel/plugin-transform-modules-commonjs"), "lib/index.js")];
    return line({
      transform: { "\\.js$": [resolve("babel-jest"), { plugins }] },
      transformIgnorePatterns: ["/node_modules/(?!lstm-wasm/)"],
    });
  };
  const env = { NODE_OPTIONS: "--experimental-vm-modules" };
  return [
    entry(`Jest ${version}`, "ES modules", "esm", false, () => line({ transform: {} }), env),
    entry(`Jest ${version}`, "CommonJS, transformed", "cjs", false, transformed),
  ];
});

const vitest = entry("Vitest 4", "ES modules", "esm", true, () => [
  join(root, "node_modules/vitest/vitest.mjs"),
  ...["run", "--globals", "--root", "."],
]);

export const runners: RuntimeCheck[] = [...jest, vitest];
