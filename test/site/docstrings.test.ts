/** An export without a docstring fails the build of the site. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTypes } from "../../site/reference/read-types.js";

test("names each export and member without a docstring, and each link that leads nowhere", async () => {
  const folder = mkdtempSync(join(tmpdir(), "docstrings-"));
  const files = {
    "one.d.ts": `/** An entry. @packageDocumentation */\n
/** Has one. */
export declare class Told {
  /** Has one. */
  told: number;
  untoldProperty: number;
  /** What it does. */
  constructor();
}
export declare function untoldFunction(): void;
/** Leads {@link nowhere}. */
export type Link = string;
/** Names {@link Hidden}, which is not exported. */
export type Names = Hidden;
interface Hidden {
  untoldHidden: number;
}
export {};
`,
    "two.d.ts": "export declare const untoldConstant: number;\n",
    "tsconfig.json": `{ "compilerOptions": { "types": [] }, "include": ["*.d.ts"] }`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const read = readTypes(
    ["one", "two"].map((name) => join(folder, `${name}.d.ts`)),
    join(folder, "tsconfig.json"),
  );
  const message = await read.then(
    () => "",
    (error: Error) => error.message,
  );
  rmSync(folder, { recursive: true });
  const lines = message.split("\n").slice(1);
  for (const name of [
    "one.Told.untoldProperty",
    "one.untoldFunction",
    "nowhere",
    "Hidden",
    "untoldHidden",
    "two",
    "two.untoldConstant",
  ]) {
    expect(
      lines.filter((line) => line.includes(name)),
      name,
    ).not.toEqual([]);
  }
  expect(lines.filter((line) => /Told\b(?!\.untold)|Names/.test(line))).toEqual([]);
});
