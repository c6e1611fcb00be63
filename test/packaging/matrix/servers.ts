import { join } from "node:path";
import { output, type Place } from "../place.js";
import { MINIMUM, saysWhyNot, simdIsOptional, WITHOUT_SIMD } from "../refusal.js";
import { CORE, type Digests, type RuntimeCheck, sameBits } from "../runtime-check.js";
import { command, nodeOf } from "../tools.js";

const TABLE = "Server runtimes";

/** A runtime that runs a file of ours: how a command line for it begins, asked when an entry runs. */
function row(runtime: string, everyday: boolean, start: (file: string) => string[]): RuntimeCheck[] {
  const entry = (check: string, file: string, wanted?: Digests): RuntimeCheck => ({
    table: TABLE,
    runtime,
    check,
    everyday,
    async run({ folder }) {
      const [program, ...args] = start(file) as [string, ...string[]];
      sameBits(JSON.parse(await output(program, args, folder)), wanted);
    },
  });
  return [
    entry("import", "import.mjs"),
    entry("require", "require.cjs"),
    entry("import() in CommonJS", "import.cjs"),
    entry("slim, after failed loads", "slim.mjs", CORE),
    entry("three copies", "twice.mjs"),
  ];
}

/** The Node that runs the tests stands for its version, and is the only one of the everyday tests. */
const [own = ""] = process.versions.node.split(".");
const nodes = [...new Set(["20", "22", "24", "26", own])].flatMap((major) => {
  const node = () => (major === own ? process.execPath : nodeOf(major));
  return [...row(`Node ${major}`, major === own, (file) => [node(), file]), withoutSimd(major, node)];
});

function withoutSimd(major: string, node: () => string): RuntimeCheck {
  return {
    table: TABLE,
    runtime: `Node ${major}`,
    check: "error without SIMD",
    everyday: major === own,
    ...(simdIsOptional ? {} : { unsupported: "this processor always has SIMD" }),
    run: async ({ folder }) =>
      saysWhyNot(JSON.parse(await output(node(), [WITHOUT_SIMD, "no-simd.mjs"], folder)), MINIMUM),
  };
}

/** Files may be read: one check reads lstm.wasm itself, and require looks for package.json. Import needs no permission. */
const deno = row("Deno", false, (file) => [
  command("deno"),
  "run",
  ...(file === "import.mjs" ? [] : ["--allow-read"]),
  file,
]);

const bun = row("Bun", false, (file) => [command("bun"), file]);

/** `bun build --compile`: the package inside one executable file. */
const bunExecutable: RuntimeCheck = {
  table: TABLE,
  runtime: "Bun, compiled",
  check: "import",
  async run({ folder }: Place) {
    const outfile = join(folder, "bundled/bun-executable");
    await output(command("bun"), ["build", "--compile", "import.mjs", "--outfile", outfile], folder);
    sameBits(JSON.parse(await output(outfile, [], folder)));
  },
};

export const servers: RuntimeCheck[] = [...nodes, ...deno, ...bun, bunExecutable];
