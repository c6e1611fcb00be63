import { basename } from "node:path";
import {
  type DeclarationReflection,
  type ProjectReflection,
  ReferenceReflection,
  type Reflection,
  ReflectionKind,
} from "typedoc";
import type { PackageEntry } from "./entries.js";
import { NAMED_ONLY } from "./read-types.js";

/** An export, or a type that exports name. */
export interface Listed {
  /** As it is written after an import: "LSTM", "init.zeros". */
  readonly name: string;
  readonly declaration: DeclarationReflection;
  /** False for what cannot be imported. */
  readonly exported: boolean;
}

/** An entry with what it exports, in the order in which it is listed. */
export interface EntryExports {
  readonly entry: PackageEntry;
  readonly module: DeclarationReflection;
  /** The entry whose exports are also this one's, and not listed again. */
  readonly includes: string | undefined;
  readonly listed: readonly Listed[];
}

/** Where everything is that the entries export. */
export class Exported {
  readonly entries: readonly EntryExports[];
  readonly #addresses = new Map<Reflection, string>();

  /** `order` tells which place an export has in its entry. */
  constructor(
    project: ProjectReflection,
    entries: readonly PackageEntry[],
    order: (entry: string, name: string) => number,
  ) {
    const modules = new Map((project.children ?? []).map((module) => [module.name, module]));
    const moduleOf = ({ name, types }: PackageEntry): DeclarationReflection => {
      const module = modules.get(basename(types, ".d.ts"));
      if (module === undefined) throw new Error(`typedoc read nothing for ${name}`);
      return module;
    };
    this.entries = entries.map((entry) => {
      const module = moduleOf(entry);
      const whole = entries.find((other) => hasAllOf(module, moduleOf(other)));
      const place = ({ name, exported }: Listed) => (exported ? order(entry.name, name) : Number.MAX_VALUE);
      const listed = listedIn(module, whole !== undefined);
      return { entry, module, includes: whole?.name, listed: listed.sort((a, b) => place(a) - place(b)) };
    });
    for (const { entry, module, listed } of this.entries) {
      for (const { name, declaration } of listed) {
        // What another entry exports again has its address there.
        if (isWithin(declaration, module)) this.#addresses.set(declaration, `${entry.name}/${name}`);
      }
    }
  }

  /** The address of an export, or of a member of one. */
  addressOf(reflection: Reflection): string | undefined {
    const own = this.#addresses.get(reflection);
    if (own !== undefined || reflection.parent === undefined) return own;
    const parent = this.addressOf(reflection.parent);
    if (parent === undefined || reflection.kindOf(ReflectionKind.SomeSignature)) return parent;
    return reflection.kindOf(MEMBERS) ? `${parent}/${reflection.name}` : undefined;
  }
}

const NAMED = ReflectionKind.Class | ReflectionKind.Interface | ReflectionKind.TypeAlias;
const MEMBERS = ReflectionKind.Constructor | ReflectionKind.Method | ReflectionKind.Property | ReflectionKind.Accessor;

/** Whether a module exports all that another one does. */
function hasAllOf(module: DeclarationReflection, other: DeclarationReflection): boolean {
  const own = (module.children ?? []).flatMap((child) =>
    child instanceof ReferenceReflection ? [child.getTargetReflection()] : [],
  );
  const wanted = (other.children ?? []).filter(({ name }) => name !== NAMED_ONLY);
  return own.length > 1 && wanted.every((child) => own.includes(child));
}

/** What a module exports, `ownOnly` without what comes from others, and the types that it names. */
function listedIn({ children = [] }: DeclarationReflection, ownOnly: boolean): Listed[] {
  return children.flatMap((child): Listed[] => {
    if (child.name === NAMED_ONLY) {
      const named = (child.children ?? []).filter((each) => each.kindOf(NAMED));
      return named.map((declaration) => ({ name: declaration.name, declaration, exported: false }));
    }
    if (child instanceof ReferenceReflection) {
      const declaration = child.getTargetReflection();
      return ownOnly || !declaration.isDeclaration() ? [] : [{ name: child.name, declaration, exported: true }];
    }
    const inside = child.kind === ReflectionKind.Namespace ? (child.children ?? []) : [];
    return [
      { name: child.name, declaration: child, exported: true },
      ...inside.map((each) => ({ name: `${child.name}.${each.name}`, declaration: each, exported: true })),
    ];
  });
}

function isWithin(reflection: Reflection, module: Reflection): boolean {
  return reflection === module || (reflection.parent !== undefined && isWithin(reflection.parent, module));
}
