/** The page of site/ in every browser: each panel opens, does its first real thing, and nothing complains. */
import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { root } from "../../../scripts/run.mjs";
import { buildSite } from "../../../scripts/site.mjs";
import type { BrowserName } from "../browser.js";
import type { Place } from "../place.js";
import type { RuntimeCheck } from "../runtime-check.js";

/** One step, one forward and one update of training. */
const STANDINGS = [0, 1, 2].flatMap(() => ["lstm-wasmthe reference", "Plain JavaScriptoutputs differ by little"]);

/** What `projects/site/first-things.js` must find. Of a panel that is not here it is enough that it opens. */
const SHOWN: Readonly<Record<string, object>> = {
  cell: { step: 3, units: 32, numbers: true },
  train: { steps: 200, falls: true, note: "It takes 18 of your 18 strokes for what they are." },
  memory: { gradients: 20, networks: 5, charts: 3 },
  voice: { segments: ["0.23 s to 2.88 s", "4.74 s to 9.66 s"] },
  file: {
    layers: ["(no name)LSTM342bidirectional736"],
    selected: "Unit 0 at step 0 “l”: i 0.3816, f 0.2834, g 0.1288, o 0.4261, c 0.0491, h 0.0209",
  },
  benchmark: { rows: STANDINGS },
  reference: { address: "#/reference/lstm-wasm/PackedSequence", members: 9 },
};

/** What the page leaves. */
interface Visit {
  readonly panel: string;
  readonly heading?: string;
  readonly shown?: object;
  readonly complaints: readonly string[];
}

// The panels' code is the page's: its types are checked with the page. Only their names are read here.
const list = pathToFileURL(join(root, "site/src/panels/index.ts")).href;
const { PANELS } = (await import(list)) as { PANELS: readonly { name: string; title: { en: string } }[] };

function judge(found: unknown, name: string, title: string): void {
  const { heading, shown, complaints } = found as Visit; // WebKit's driver makes null of undefined
  if (heading === title && complaints.length === 0 && isDeepStrictEqual(shown ?? undefined, SHOWN[name])) return;
  throw new Error(`expected ${JSON.stringify(SHOWN[name] ?? "an open panel")}, found ${JSON.stringify(found)}`);
}

const laidOut = new WeakMap<Place, Promise<void>>();

/** Lays out the built page, once, with the script that visits it before its own. */
function layOut(place: Place): Promise<void> {
  const started =
    laidOut.get(place) ??
    (async () => {
      buildSite();
      const folder = join(place.folder, "page");
      cpSync(join(root, "site/dist"), folder, { recursive: true });
      copyFileSync(join(root, "test/fixtures/pytorch/float32.pt"), join(folder, "model.pt"));
      copyFileSync(join(place.folder, await place.bundle("site/visit.js", "iife")), join(folder, "visit.js"));
      const page = readFileSync(join(folder, "index.html"), "utf8");
      writeFileSync(join(folder, "visit.html"), page.replace("<title>", '<script src="visit.js"></script>$&'));
    })();
  laidOut.set(place, started);
  return started;
}

/** Another host, which answers everybody, and how often it was asked. */
async function otherHost(): Promise<{ address: string; asked: () => number; close: () => void }> {
  let asked = 0;
  const headers = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
  const server = createServer((_, response) => {
    asked++;
    response.writeHead(200, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://localhost:${port}/`, asked: () => asked, close: () => server.close() };
}

/** The page's policy refuses what the page, and a worker of it, would send to another host. */
async function sendsNothing(place: Place, browser: BrowserName): Promise<void> {
  const host = await otherHost();
  try {
    const { shown } = (await place.open(browser, `page/visit.html?panel=cell&send=${host.address}#/cell`)) as Visit;
    if (isDeepStrictEqual(shown, { page: "refused", worker: "refused" }) && host.asked() === 0) return;
    throw new Error(`expected all to be refused, found ${JSON.stringify(shown)}; asked ${host.asked()} times`);
  } finally {
    host.close();
  }
}

function row(name: string, browser: BrowserName): RuntimeCheck[] {
  const check = (check: string, run: (place: Place) => Promise<void>): RuntimeCheck => ({
    table: "The page",
    runtime: `${name}, page`,
    check,
    run: (place) => layOut(place).then(() => run(place)),
  });
  const panels = PANELS.map(({ name, title }) =>
    check(name, async (place) =>
      judge(await place.open(browser, `page/visit.html?panel=${name}#/${name}`), name, title.en),
    ),
  );
  return [...panels, check("sends nothing", (place) => sendsNothing(place, browser))];
}

export const site: RuntimeCheck[] = [
  ...row("Chromium", "chromium"),
  ...row("Firefox", "firefox"),
  ...row("WebKit", "webkit"),
];
