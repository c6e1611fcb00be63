/** The published declarations: what a user's editor shows. Everything that is exported has a comment, and nothing else is there. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dist } from "./support/realm.js";

interface Declaration {
  readonly name: string;
  /** The class or interface that it takes over comments from. */
  readonly base: string | undefined;
  readonly documented: boolean;
  readonly members: { readonly name: string; readonly line: string; readonly documented: boolean }[];
}

const files = readdirSync(dist("types"), { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".d.ts"),
);
const declarations = files.flatMap((file) => declarationsOf(readFileSync(dist(`types/${file}`), "utf8")));
const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));

/** tsc indents members by four spaces, what is in them by more, and puts a comment on the lines before. */
function declarationsOf(text: string): Declaration[] {
  const found: Declaration[] = [];
  let before = "";
  let head = "";
  for (const line of text.split("\n")) {
    const documented = before.trimEnd().endsWith("*/");
    const [, name, base] =
      /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const) (\w+)(?:<.*?>)?(?: extends (\w+))?/.exec(
        line,
      ) ?? [];
    if (name !== undefined) {
      found.push({ name, base, documented, members: [] });
      head = line;
    }
    const [, member] =
      /^ {4}(?:(?:static|readonly|abstract|protected|get|set) )*(#?\w+|\[\w+\])[?(:<;]/.exec(line) ?? [];
    if (member !== undefined && / (class|interface) /.test(head)) {
      found.at(-1)?.members.push({ name: member, line: line.trim(), documented });
    }
    before = line;
  }
  return found;
}

/** Editors show a base's comment where a class has none of its own. */
function inherits({ base }: Declaration, member: string): boolean {
  const of = base === undefined ? undefined : byName.get(base);
  if (of === undefined) return false;
  return of.members.some(({ name, documented }) => name === member && documented) || inherits(of, member);
}

/** Members whose meaning is that of the language; of a constructor, editors show the comment of its class. */
const PLAIN = ["#private", "constructor", "toString", "[DISPOSE]"];

describe("the published declarations", () => {
  test("are there", () => {
    expect(byName.get("RecurrentStack")?.members.length).toBeGreaterThan(10);
    expect(byName.get("Tensor")?.members.length).toBeGreaterThan(5);
  });

  test("have a comment at everything that is exported", () => {
    const bare = declarations.filter(({ documented }) => !documented).map(({ name }) => name);
    expect(bare).toEqual([]);
  });

  test("have a comment at every public member", () => {
    const bare = declarations.flatMap((declaration) =>
      declaration.members
        .filter(({ name, line, documented }) => {
          if (documented || PLAIN.includes(name) || /^set |^static readonly name/.test(line)) return false;
          return !inherits(declaration, name);
        })
        .map(({ line }) => `${declaration.name}: ${line}`),
    );
    expect(bare).toEqual([]);
  });

  test("have nothing protected but constructors that nobody may call", () => {
    const inner = declarations.flatMap(({ name, members }) =>
      members.filter(({ line }) => /^protected (?!constructor)/.test(line)).map(({ line }) => `${name}: ${line}`),
    );
    expect(inner).toEqual([]);
  });

  test("name no type of ours that is not published", () => {
    const all = files.map((file) => readFileSync(dist(`types/${file}`), "utf8").replace(/\/\*\*.*?\*\//gs, "")).join();
    expect(all).not.toMatch(/\b(RnnHandle|WasmObject|ParameterInfo|LayerHandle|Instance|Kernels|Call|Sizes)\b/);
  });
});
