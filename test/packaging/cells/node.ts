import { type Cell, CORE, type Digests, sameBits } from "../cell.js";
import { output, type Place } from "../place.js";
import { nodeOf } from "../tools.js";

const CHECKS: { check: string; file: string; wanted?: Digests }[] = [
  { check: "import", file: "import.mjs" },
  { check: "require", file: "require.cjs" },
  { check: "slim", file: "slim.mjs", wanted: CORE },
  { check: "two copies", file: "twice.mjs" },
];

/** A row of cells for one Node: how to start it is asked when a cell runs. */
function row(runtime: string, node: () => string, everyday: boolean): Cell[] {
  return CHECKS.map(({ check, file, wanted }) => ({
    table: "Server runtimes",
    runtime,
    check,
    everyday,
    run: async ({ folder }: Place) => sameBits(JSON.parse(await output(node(), [file], folder)), wanted),
  }));
}

/** The Node that runs the tests stands for its version, and is the only one of the everyday tests. */
const [own = ""] = process.versions.node.split(".");
export const node: Cell[] = [...new Set(["20", "22", "24", "26", own])].flatMap((major) =>
  row(`Node ${major}`, () => (major === own ? process.execPath : nodeOf(major)), major === own),
);
