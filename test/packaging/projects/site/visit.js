/**
 * Runs in the site's page before the site's own scripts: does in the panel that the query names what a visitor does first, and
 * leaves for the browser's driver what the page then shows, and all that it complained of. With `send` in the query, it tries to
 * send something to that address instead.
 */
import { report } from "../report.js";
import { FIRST_THINGS } from "./first-things.js";
import { until } from "./page.js";
import { tryToSend } from "./try-to-send.js";

const complaints = [];
addEventListener(
  "error",
  ({ message, target }) => complaints.push(message ?? `${target.src ?? target.href} could not be loaded`),
  true,
);
addEventListener("unhandledrejection", ({ reason }) => complaints.push(`unhandled: ${reason}`));
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
  complaints.push(`${effectiveDirective} of the page's policy refused ${blockedURI}`),
);
for (const level of ["error", "warn"]) {
  const say = console[level];
  console[level] = (...values) => {
    complaints.push(values.map(String).join(" "));
    say(...values);
  };
}
Object.defineProperty(navigator, "languages", { value: ["en"] });

addEventListener("DOMContentLoaded", () =>
  report(async () => {
    const query = new URLSearchParams(location.search);
    const panel = query.get("panel");
    const found = { panel, complaints };
    try {
      await until("the panel", () => document.querySelector("main[aria-busy=false] .panel > *"));
      found.heading = document.querySelector("h1").textContent;
      const otherHost = query.get("send");
      found.shown = await (otherHost === null ? FIRST_THINGS[panel]?.() : tryToSend(otherHost));
    } catch (error) {
      complaints.push(error.message);
    }
    for (const alert of document.querySelectorAll("[role=alert]"))
      if (alert.textContent) complaints.push(alert.textContent);
    return found;
  }),
);
