/**
 * The figures of README.md, README.zh-CN.md, docs/speed.md and docs/integer-weights.md: `npm run bench -- docs` writes those of
 * the newest records, and test/docs.test.ts holds the pages to the records that the latter two name.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nameOf } from "./cases.js";
import type { Line } from "./cells.js";
import type { Result } from "./compare-nodes.js";
import type { Time } from "./harness.js";
import { MORE_INPUTS, MORE_INPUTS_OF_BATCHES, type NarrowLine, type NarrowRecord, SIZES } from "./narrow.js";
import { kindOf, newest, type Recorded, read } from "./record.js";
import { gflops } from "./report.js";

type Rows = readonly (readonly string[])[];
type Measured = Result["cases"][number];

const OURS = "lstm-wasm";
/** Columns of docs/speed.md, with whom each is about; of several the fastest. */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  "lstm-wasm relaxed": ["lstm-wasm relaxed"],
  "plain JS": ["plain JS"],
  "onnxruntime-web": ["onnxruntime-web"],
  "onnxruntime-node": ["onnxruntime-node"],
  tfjs: ["tfjs cpu", "tfjs wasm"],
  "jax-js": ["jax-js"],
  PyTorch: ["PyTorch"],
};
/** What the README says around its figures, in one language. */
interface Readme {
  /** The heading that the table stands under. */
  readonly heading: string;
  /** The table's columns, with their headings. */
  readonly columns: Readonly<Record<string, string>>;
  /** The sentences with one step's microseconds, and how many times as long plain JavaScript and onnxruntime-web take. */
  readonly claim: RegExp;
}
/** In the claim, the figures are what changes: each stands between the groups. */
const READMES = {
  "README.md": {
    heading: "## Speed",
    columns: {
      "plain JS": "plain JS",
      "onnxruntime-web": "onnxruntime-web",
      tfjs: "TensorFlow.js",
      "jax-js": "jax-js",
      PyTorch: "PyTorch (native)",
    },
    claim: /(takes )[\d.]+( µs\. Plain JavaScript takes )[\d.]+( times as long,\s+onnxruntime-web )[\d.]+( times)/,
  },
  "README.zh-CN.md": {
    heading: "## 速度",
    columns: {
      "plain JS": "纯 JS",
      "onnxruntime-web": "onnxruntime-web",
      tfjs: "TensorFlow.js",
      "jax-js": "jax-js",
      PyTorch: "PyTorch（原生）",
    },
    claim: /(只要 )[\d.]+( µs。纯 JavaScript 的耗时是它的 )[\d.]+( 倍，onnxruntime-web 是 )[\d.]+( 倍)/,
  },
} satisfies Record<string, Readme>;
/** Rows of the README. */
const CASES_IN_README = [
  "step (64, 128)",
  "GRU step (64, 128)",
  "RNN step (64, 128)",
  "forward (64, 128, 1, 1, 1, 100)",
  "forward (128, 256, 1, 1, 16, 100)",
  "train (64, 128, 1, 1, 32, 50)",
];

export interface Records {
  readonly cases: Recorded<Result>;
  readonly nodes: Recorded<{ results: readonly Result[] }>;
  readonly cells: Recorded<{ lines: readonly Line[] }>;
  readonly narrow: Recorded<NarrowRecord>;
}

const PAGES = {
  "README.md": (text: string, { cases }: Records) => withReadme(text, READMES["README.md"], cases),
  "README.zh-CN.md": (text: string, { cases }: Records) => withReadme(text, READMES["README.zh-CN.md"], cases),
  "docs/speed.md": (text: string, { cases, nodes, cells }: Records) => {
    const tables = [
      ["# Speed", casesTable(cases)],
      ["## GRU and RNN", cellsTable(cells.lines)],
      ["## In four versions of Node", nodesTable(nodes.results)],
    ] as const;
    const page = tables.reduce((page, [heading, rows]) => withTable(page, heading, rows), withNode(text, cases));
    return [cases, nodes, cells].reduce((page, { file }) => withLink(page, file), page);
  },
  "docs/integer-weights.md": (text: string, { narrow }: Records) => {
    const tables = [
      ["## How fast", narrowTable(narrow.lines)],
      ["### Where the time of a step goes", partsTable(narrow.lines)],
      ["### How fast products can be", peaksTable(narrow)],
      ["### Against others", rivalsTable(narrow.lines)],
    ] as const;
    const page = tables.reduce((page, [heading, rows]) => withTable(page, heading, rows), withNode(text, narrow));
    return withLink(page, narrow.file);
  },
};

type Page = keyof typeof PAGES;

/** A page with the figures of these records in the places of its own. */
export function withFigures(page: Page, text: string, records: Records): string {
  return PAGES[page](text, records);
}

/** The records that these pages, docs/speed.md and docs/integer-weights.md, name. */
export function recordsOf(pages: string): Records {
  const named = <T>(kind: keyof Records) => read<T>(linkTo(kind).exec(pages)?.[1] ?? `no link to a record of ${kind}`);
  return { cases: named("cases"), nodes: named("nodes"), cells: named("cells"), narrow: named("narrow") };
}

export function writeDocs(): void {
  const newestOf = <T>(kind: string, fits?: (record: T) => boolean) => {
    const record = newest<T>(kind, fits);
    if (!record) throw new Error(`bench/record/ has no run of ${kind}`);
    return record;
  };
  const records: Records = {
    cases: newestOf("cases", ({ all }: Result & { all: boolean }) => all), // as the charts
    nodes: newestOf("nodes"),
    cells: newestOf("cells"),
    narrow: newestOf("narrow", ({ versions }: NarrowRecord) => "PyTorch int8" in versions),
  };
  for (const page of Object.keys(PAGES) as Page[]) {
    const file = fileURLToPath(new URL(`../${page}`, import.meta.url));
    writeFileSync(file, withFigures(page, readFileSync(file, "utf8"), records));
    console.log(`written: the figures of ${page}`);
  }
}

function casesTable({ cases, limits }: Result): Rows {
  const rows = cases.map((measured) => {
    const own = ours(measured);
    const speed = gflops(measured.case, own.fastest).toFixed(1);
    const ratios = Object.values(RIVALS).map((names) => times(measured, names));
    return [nameOf(measured.case), microseconds(own.fastest), speed, percent(measured.peak.share), ...ratios];
  });
  const peak = ["the peak", "", limits.peak.toFixed(1), "100 %", ...Object.keys(RIVALS).map(() => "")];
  return [["microseconds", OURS, "GFLOP/s", "of the peak", ...Object.keys(RIVALS)], ...rows, peak];
}

function readmeTable({ columns }: Readme, { cases }: Result): Rows {
  const rows = CASES_IN_README.flatMap((name) => cases.filter((measured) => nameOf(measured.case) === name)).map(
    (measured) => {
      const ratios = Object.keys(columns).map((rival) => times(measured, RIVALS[rival] as readonly string[]));
      return [nameOf(measured.case), microseconds(ours(measured).fastest), ...ratios];
    },
  );
  return [["", `${OURS}, µs`, ...Object.values(columns)], ...rows];
}

function nodesTable(results: readonly Result[]): Rows {
  const first = results[0] as Result;
  const rows = first.cases.map(({ case: one }, index) => [
    nameOf(one),
    ...results.map(({ cases }) => {
      const measured = cases[index] as Measured;
      const { fastest } = ours(measured);
      const ratios = ["plain JS", "onnxruntime-web"].flatMap((name) => {
        const theirs = measured.times[name];
        return theirs ? [`×${(theirs.fastest / fastest).toPrecision(3)}`] : [];
      });
      return [gflops(one, fastest).toFixed(1), ...ratios].join(", ");
    }),
  ]);
  const header = [
    "GFLOP/s, ×plain JS, ×onnxruntime-web",
    ...results.map(({ node }) => `Node ${Number.parseInt(node, 10)}`),
  ];
  return [header, ...rows, ["the peak", ...results.map(({ limits }) => limits.peak.toFixed(1))]];
}

function cellsTable(lines: readonly Line[]): Rows {
  const cells = ["LSTM", "GRU", "RNN"];
  const rows = lines.map(({ case: one, times, shares }) => {
    const fastest = cells.map((cell) => (times[cell] as Time).fastest) as [number, number, number];
    const ratios = fastest.slice(1).map((time) => (time / fastest[0]).toFixed(2));
    return [nameOf(one), ...fastest.map(microseconds), ...ratios, ...cells.map((cell) => percent(shares[cell]))];
  });
  const peak = cells.map((cell) => `${cell} of the peak`);
  return [["microseconds", ...cells, "GRU / LSTM", "RNN / LSTM", ...peak], ...rows];
}

/** What is measured of each size, as the columns of docs/integer-weights.md say it. */
const NARROW_COLUMNS: Readonly<Record<string, Pick<NarrowLine["case"], "kind" | "batch">>> = {
  "one step": { kind: "step", batch: 1 },
  "100 steps alone": { kind: "forward", batch: 1 },
  "batch of 16": { kind: "forward", batch: 16 },
  "batch of 64": { kind: "forward", batch: 64 },
};
const NARROW_RIVALS = ["onnxruntime-web int8", "onnxruntime-node int8", "PyTorch int8"];

/** For each LSTM's size, how many times faster than float32 ours is with int8 and int16. */
function narrowTable(lines: readonly NarrowLine[]): Rows {
  const rows = SIZES.map(([inputs, hidden]) => {
    const figures = Object.values(NARROW_COLUMNS).flatMap((column) => {
      const fastest = fastestOf(lines, { ...column, inputs, hidden });
      return ["int8", "int16"].map((name) => (fastest(OURS) / fastest(name)).toFixed(2));
    });
    return [`(${inputs}, ${hidden})`, ...figures];
  });
  const header = Object.keys(NARROW_COLUMNS).flatMap((column) => [`${column}, int8`, "int16"]);
  return [["LSTM (I, H)", ...header], ...rows];
}

/** The microseconds that an LSTM's step spends on products, reckoned from what more inputs cost, and on all else. */
function partsTable(lines: readonly NarrowLine[]): Rows {
  const names = [OURS, "int8", "int16"];
  const rows = SIZES.slice(1, 3).map(([inputs, hidden]) => {
    const step = { kind: "step", batch: 1, inputs, hidden } as const;
    const [fastest, costOfInput] = [fastestOf(lines, step), costOfInputs(lines, step, MORE_INPUTS)];
    const products = names.map((name) => costOfInput(name) * (inputs + hidden));
    const others = names.map((name, index) => fastest(name) - (products[index] as number));
    return [`(${inputs}, ${hidden})`, ...[...products, ...others].map(microseconds)];
  });
  const header = ["products", "all else"].flatMap((part) => [`${part}, float32`, "int8", "int16"]);
  return [["microseconds of a step", ...header], ...rows];
}

/** The products that loops of nothing else make in a second, and ours, reckoned from what more inputs cost. */
function peaksTable({ peaks, lines }: NarrowRecord): Rows {
  const names = [OURS, "int8", "int16"];
  const ours = (like: Pick<NarrowLine["case"], "kind" | "batch">, more: number, rows: number) => {
    const costOfInput = costOfInputs(lines, { ...like, inputs: 64, hidden: 128 }, more);
    return names.map((name) => (4 * 128 * rows) / costOfInput(name) / 1000);
  };
  const row = (name: string, [float = 0, ...narrow]: readonly number[]) => [
    name,
    float.toFixed(1),
    ...narrow.map((speed) => `${speed.toFixed(1)} (×${(speed / float).toFixed(2)})`),
  ];
  const loops = (of: "row" | "tile") => [peaks.float32[of], peaks.int8[of], peaks.int16[of]];
  return [
    ["10^9 products a second", "float32", "int8", "int16"],
    row("one row, a loop of nothing else", loops("row")),
    row("one row, our step (64, 128)", ours({ kind: "step", batch: 1 }, MORE_INPUTS, 1)),
    row("four rows, a loop of nothing else", loops("tile")),
    row(
      "four rows, our batches of 16, (64, 128)",
      ours({ kind: "forward", batch: 16 }, MORE_INPUTS_OF_BATCHES, 16 * 20),
    ),
  ];
}

/** Microseconds by a contestant's name. */
type Of = (name: string) => number;

/** What each of so many more inputs costs in a case like this one: products alone. */
function costOfInputs(
  lines: readonly NarrowLine[],
  like: Partial<NarrowLine["case"]> & { readonly inputs: number },
  more: number,
): Of {
  const [few, many] = [fastestOf(lines, like), fastestOf(lines, { ...like, inputs: like.inputs + more })];
  return (name) => (many(name) - few(name)) / more;
}

/** The fastest round of each contestant in the LSTM's case like this one. */
function fastestOf(lines: readonly NarrowLine[], like: Partial<NarrowLine["case"]>): Of {
  const isLike = ({ case: one }: NarrowLine) =>
    one.cell === "LSTM" && Object.entries(like).every(([key, value]) => one[key as keyof typeof one] === value);
  const line = lines.find(isLike);
  return (name) => line?.times[name]?.fastest ?? Number.NaN;
}

/** How many times as long as our int8 that of others takes. */
function rivalsTable(lines: readonly NarrowLine[]): Rows {
  const rows = lines.map(({ case: one, times }) => {
    const own = (times.int8 as Time).fastest;
    const ratios = NARROW_RIVALS.map((name) => multiple(own, times, [name]));
    return [nameOf(one), microseconds(own), ...ratios];
  });
  return [["microseconds", "our int8", ...NARROW_RIVALS.map((name) => name.replace(" int8", ""))], ...rows];
}

function ours({ times }: Measured): Time {
  return times[OURS] as Time;
}

/** How many times as long as ours the fastest of these takes. */
function times(measured: Measured, names: readonly string[]): string {
  return multiple(ours(measured).fastest, measured.times, names);
}

/** How many times as long as `own` the fastest of these takes. */
function multiple(own: number, times: Readonly<Record<string, Time>>, names: readonly string[]): string {
  const theirs = names.flatMap((name) => times[name]?.fastest ?? []);
  if (theirs.length === 0) return "–";
  return `×${Number((Math.min(...theirs) / own).toPrecision(3))}`;
}

function microseconds(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}

function percent(share = Number.NaN): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** The page with this table in the place of the first one under the heading that begins so. */
function withTable(text: string, heading: string, [header = [], ...rows]: Rows): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`.replaceAll("|  ", "| ");
  const rule = line(header.map((_, column) => (column === 0 ? "---" : "--:")));
  const table = [line(header), rule, ...rows.map(line)].join("\n");
  const start = text.startsWith(heading) ? 0 : text.indexOf(`\n${heading}`);
  const found = /^\|.*\|$(\n\|.*\|$)*/m.exec(start < 0 ? "" : text.slice(start));
  if (!found) throw new Error(`no table under ${heading}`);
  const from = start + found.index;
  return text.slice(0, from) + table + text.slice(from + found[0].length);
}

/** The link to a record of a kind: the file's name, then the folder. */
function linkTo(kind: string): RegExp {
  const name = `[\\dT-]+-${kind}\\.json`;
  return new RegExp(`\\[(${name})\\]\\(([./\\w]*/)${name}\\)`);
}

/** The page with its link to a record of this kind leading to this one. */
function withLink(text: string, file: string): string {
  return replaced(text, linkTo(kindOf(file) as string), `[${file}]($2${file})`);
}

/** The page with the version of Node of a record, where it says what the figures under it were measured on. */
function withNode(text: string, { node }: Pick<Result, "node">): string {
  const version = node.split(".").slice(0, 2).join(".");
  return replaced(text, /(virtual machine.*, Node |虚拟机.*，Node )\d+\.\d+/, `$1${version}`);
}

/** A page that does not say it would be left as it was, in silence. */
function replaced(text: string, what: RegExp, by: string): string {
  if (!what.test(text)) throw new Error(`nothing says ${what}`);
  return text.replace(what, by);
}

/** A README with this record's figures. */
function withReadme(text: string, readme: Readme, result: Result): string {
  const measured = result.cases.find((measured) => nameOf(measured.case) === "step (64, 128)") as Measured;
  const { fastest } = ours(measured);
  const [plain, onnx] = ["plain JS", "onnxruntime-web"].map((name) =>
    ((measured.times[name] as Time).fastest / fastest).toFixed(1),
  );
  const claimed = replaced(text, readme.claim, `$1${fastest.toFixed(1)}$2${plain}$3${onnx}$4`);
  return withTable(withNode(claimed, result), readme.heading, readmeTable(readme, result));
}
