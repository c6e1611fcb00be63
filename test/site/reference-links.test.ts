/** What the build makes for the panel "Reference": complete, and without a link that leads nowhere. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/run.mjs";
import { makeReference, type Reference } from "../../site/reference/make.js";
import { toHtml } from "../../site/reference/markdown.js";

let reference: Reference;
beforeAll(async () => {
  reference = await makeReference(root);
}, 120_000);

/** All that can be opened. */
const addresses = () => {
  const { contents, entries, pages } = reference;
  const items = [...entries].flatMap(([entry, items]) =>
    Object.values(items).flatMap(({ name, members }) => [
      `${entry}/${name}`,
      ...members.map((member) => `${entry}/${name}/${member.name}`),
    ]),
  );
  const headings = [...pages.values()].flatMap(({ html }) =>
    [...html.matchAll(/ id="\/reference\/([^"]*)"/g)].map(([, id]) => id),
  );
  return new Set([...contents.entries.map(({ name }) => name), ...items, ...pages.keys(), ...headings]);
};

test("every link leads somewhere", () => {
  const known = addresses();
  const everything = JSON.stringify([[...reference.entries], [...reference.pages.values()].map(({ html }) => html)]);
  const links = [...everything.matchAll(/#\/reference\/(.*?)\\"/g), ...everything.matchAll(/"to":"(.*?)"/g)].map(
    ([, to]) => to,
  );
  expect(links.length).toBeGreaterThan(500);
  expect(links.filter((to) => !known.has(to as string))).toEqual([]);
  expect(reference.documents.filter(({ id }) => !known.has(id))).toEqual([]);
  const others = [...everything.matchAll(/href=\\"([^#].*?)\\"/g)].map(([, href]) => href as string);
  expect(others.filter((href) => !/^(https:|%image:)/.test(href))).toEqual([]);
});

test("no element has a style of its own, which the page's policy refuses", () => {
  expect(
    [...reference.pages.values()].filter(({ html }) => html.includes(" style=")).map(({ title }) => title),
  ).toEqual([]);
});

test("no page shows a comment of its source", () => {
  expect(
    [...reference.pages.values()].filter(({ html }) => html.includes("&lt;!--")).map(({ title }) => title),
  ).toEqual([]);
});

test("a line that ends within Chinese goes on without a space, any other one with it", () => {
  const never = (): never => {
    throw new Error("there is nothing to place");
  };
  const place = { id: never, image: never, target: never };
  expect(toHtml("一个数，\n两个数\n`code`\nin 三\n四", place)).toBe(
    "<p>一个数，两个数\n<code>code</code>\nin 三四</p>\n",
  );
});

test("every image is a file", () => {
  const paths = [...reference.pages.values()].flatMap(({ html }) =>
    [...html.matchAll(/%image:(.*?)%/g)].map(([, path]) => path),
  );
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !existsSync(join(root, path as string)))).toEqual([]);
});

test("everything that can be imported is there", async () => {
  const { entries } = reference;
  for (const [name, items] of entries) {
    const file = name === "lstm-wasm" ? "index" : name.replace("lstm-wasm/", "");
    if (file === "slim" || file === "lstm.wasm") continue; // all of index and `init`; the module itself
    const exports = Object.keys((await import(join(root, `dist/${file}.js`))) as object);
    expect(
      exports.filter((each) => items[each] === undefined),
      name,
    ).toEqual([]);
    expect(exports.length, name).toBeGreaterThan(0);
  }
});
