/** Nothing leaves the machine: the browser refuses what the built page, or one of its workers, asks of another host. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { panels, Site } from "./site.js";

let site: Site;
/** Another host, which answers everybody. */
const other = createServer((_, response) => {
  asked++;
  response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" }).end();
});
let asked = 0;
let address: string;

beforeAll(async () => {
  site = await Site.open();
  await new Promise<void>((resolve) => other.listen(0, "localhost", resolve));
  address = `http://localhost:${(other.address() as AddressInfo).port}/`;
  expect((await fetch(address)).status).toBe(200);
}, 300_000);
afterEach(() => {
  asked = 0;
});
afterAll(async () => {
  other.close();
  await site?.close();
});

/** What came of a fetch, in a page or a worker. */
const tryFetch = (address: string): Promise<string> =>
  fetch(address, { method: "POST", body: "a file" }).then(
    ({ status }) => `answered ${status}`,
    () => "refused",
  );

test.each(panels)("no worker of the panel %s can send anything away", async (panel) => {
  const { page } = await site.visit(panel);
  asked = 0;
  const workers = page.workers();
  for (const worker of workers) expect(await worker.evaluate(tryFetch, address)).toBe("refused");
  for (const worker of workers) expect(await worker.evaluate(tryFetch, page.url())).toMatch(/^answered/);
  expect(asked).toBe(0);
});

test("the panels have workers, and they have the policy of the page", async () => {
  const { page } = await site.visit("cell");
  const [worker] = page.workers();
  const violated = await worker?.evaluate(
    (address) =>
      new Promise<string>((resolve) => {
        addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective));
        fetch(address).catch(() => {});
      }),
    address,
  );
  expect(violated).toBe("connect-src");
});

test("the page cannot send anything away", async () => {
  const { page } = await site.visit("cell");
  asked = 0;
  const violated = (send: string) =>
    page.evaluate(
      (send, address) =>
        new Promise<string>((resolve) => {
          addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective), {
            once: true,
          });
          const sends: Record<string, () => unknown> = {
            fetch: () => fetch(address).catch(() => {}),
            beacon: () => navigator.sendBeacon(address, "a file"),
            socket: () => new WebSocket(address.replace("http", "ws")),
            image: () => Object.assign(new Image(), { src: `${address}?a-file` }),
            script: () => document.body.append(Object.assign(document.createElement("script"), { src: address })),
            form: () => {
              const form = Object.assign(document.createElement("form"), { action: address, method: "post" });
              document.body.append(form);
              form.submit();
            },
            frame: () => document.body.append(Object.assign(document.createElement("iframe"), { src: address })),
          };
          sends[send]?.();
        }),
      send,
      address,
    );
  expect(await violated("fetch")).toBe("connect-src");
  expect(await violated("beacon")).toBe("connect-src");
  expect(await violated("socket")).toBe("connect-src");
  expect(await violated("image")).toBe("img-src");
  expect(await violated("script")).toBe("script-src-elem");
  expect(await violated("form")).toBe("form-action");
  expect(await violated("frame")).toBe("frame-src");
  expect(asked).toBe(0);
});
