import type { BrowserName } from "../browser.js";
import type { Place } from "../place.js";
import { saysWhyNot } from "../refusal.js";
import { type RuntimeCheck, sameBits } from "../runtime-check.js";

interface Check {
  check: string;
  page: string;
  /** What esbuild bundles for it: entry and format. */
  bundles?: [entry: string, format?: "esm" | "iife"][];
  judge?: (found: unknown) => void;
}

const CHECKS: Check[] = [
  { check: "import map", page: "import-map.html" },
  { check: "module worker", page: "worker.html?file=bundled/esm/worker.js&type=module", bundles: [["worker.js"]] },
  {
    check: "classic worker",
    page: "worker.html?file=bundled/iife/worker.js&type=classic",
    bundles: [["worker.js", "iife"]],
  },
  { check: "AudioWorklet", page: "worklet.html", bundles: [["worklet.js"]] },
  { check: "strict CSP", page: "strict.html", bundles: [["page.js"]] },
  {
    check: "CSP without wasm",
    page: "no-wasm.html",
    bundles: [["page.js"]],
    judge: (found) => saysWhyNot(found, "'wasm-unsafe-eval'"),
  },
  { check: "three realms", page: "realms.html", bundles: [["page.js"], ["realms.js"]] },
];

function row(runtime: string, name: BrowserName, everyday: boolean): RuntimeCheck[] {
  return CHECKS.map(({ check, page, bundles = [], judge = sameBits }) => ({
    table: "Browsers",
    runtime,
    check,
    everyday,
    run: async (place: Place) => {
      for (const [entry, format] of bundles) await place.bundle(entry, format);
      judge(await place.open(name, page));
    },
  }));
}

export const browsers: RuntimeCheck[] = [
  ...row("Chromium", "chromium", true),
  ...row("Firefox", "firefox", false),
  ...row("WebKit", "webkit", false),
];
