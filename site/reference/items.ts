import {
  type Comment,
  type DeclarationReflection,
  type ReferenceType,
  ReflectionKind,
  type SignatureReflection,
  type SomeType,
} from "typedoc";
import type { Code, Declaration, Item, ItemKind, Member, SearchDocument } from "../src/panels/reference/model.js";
import { code, join, plain } from "./code.js";
import type { Docstrings } from "./docstring.js";
import type { Listed } from "./exported.js";
import { membersOf, originOf } from "./members.js";
import type { TypeCode } from "./type-code.js";

/** Makes items of what typedoc read. */
export class Items {
  readonly #types: TypeCode;
  readonly #docs: Docstrings;

  constructor(types: TypeCode, docs: Docstrings) {
    this.#types = types;
    this.#docs = docs;
  }

  item({ name, declaration, exported }: Listed): Item {
    return {
      name,
      kind: ITEM_KINDS.get(declaration.kind) ?? "value",
      exported,
      declarations: this.#declarations(declaration, name),
      members: membersOf(declaration).map((member) => this.#member(member)),
    };
  }

  /** What a search finds of an item: itself and its members. */
  documents({ name, declaration }: Listed, entry: string): SearchDocument[] {
    const id = `${entry}/${name}`;
    const members = membersOf(declaration).map((member) => ({
      id: `${id}/${member.name}`,
      title: member.kind === ReflectionKind.Constructor ? `new ${name}` : `${name}.${member.name}`,
      place: entry,
      text: this.#text(member),
    }));
    return [{ id, title: name, place: entry, text: this.#text(declaration) }, ...members];
  }

  #declarations(declaration: DeclarationReflection, name: string): Declaration[] {
    const { comment, signatures } = declaration;
    if (signatures !== undefined) return signatures.map((signature) => this.#signature(signature, name));
    return [this.#declaration(this.#head(declaration, name), comment)];
  }

  /** `class LSTM extends …`, `type Lengths = …` */
  #head(declaration: DeclarationReflection, name: string): Code {
    const { kind, flags, type, typeParameters } = declaration;
    const own = code`${name}${this.#types.typeParameters(typeParameters)}`;
    switch (kind) {
      case ReflectionKind.Class:
        return code`${flags.isAbstract ? "abstract " : ""}class ${own}${this.#bases(declaration)}`;
      case ReflectionKind.Interface:
        return code`interface ${own}${this.#bases(declaration)}`;
      case ReflectionKind.TypeAlias:
        return code`type ${own} =${type === undefined ? "" : this.#alias(type)}`;
      case ReflectionKind.Namespace:
        return code`namespace ${name}`;
      default:
        return code`const ${name}: ${type === undefined ? "unknown" : this.#types.type(type)}`;
    }
  }

  #member(member: DeclarationReflection): Member {
    const { name, kind, signatures, getSignature, comment, flags } = member;
    const isConstructor = kind === ReflectionKind.Constructor;
    const written = isConstructor ? `new ${signatures?.[0]?.name}` : `${flags.isStatic ? "static " : ""}${name}`;
    const origin = originOf(member);
    return {
      name,
      kind: isConstructor ? "constructor" : signatures === undefined ? "property" : "method",
      from: origin && this.#from(origin),
      declarations: signatures?.map((signature) => this.#signature(signature, written)) ?? [
        this.#declaration(this.#types.property(member), getSignature?.comment ?? comment),
      ],
    };
  }

  #signature(signature: SignatureReflection, name: string): Declaration {
    const parameters = this.#docs.parameters(signature);
    return { ...this.#declaration(this.#types.signature(signature, name), signature.comment), parameters };
  }

  #declaration(written: Code, comment: Comment | undefined): Declaration {
    const { html, returns, throws } = this.#docs.read(comment);
    return { code: written, html, parameters: [], returns, throws };
  }

  #bases({ extendedTypes = [] }: DeclarationReflection): Code {
    if (extendedTypes.length === 0) return [];
    const bases = extendedTypes.map((type) => this.#types.type(type));
    return code` extends ${join(bases, ", ")}`;
  }

  /** The class of a member: of "Module.eval", Module. */
  #from({ name, reflection }: ReferenceType): Code {
    const [owner = name] = name.split(".");
    const parent = reflection?.kindOf(ReflectionKind.SomeSignature) ? reflection.parent?.parent : reflection?.parent;
    const address = parent && this.#types.addressOf(parent);
    return address === undefined ? [owner] : [{ text: owner, to: address }];
  }

  /** A long union gets a line for each of its types. */
  #alias(type: SomeType): Code {
    const line = this.#types.type(type);
    if (type.type !== "union" || plain(line).length <= 70) return code` ${line}`;
    return type.types.flatMap((part) => code`\n  | ${this.#types.type(part)}`);
  }

  #text({ comment, getSignature, signatures = [] }: DeclarationReflection): string {
    const comments = [comment, getSignature?.comment, ...signatures.map((signature) => signature.comment)];
    const parameters = signatures.flatMap(({ parameters = [] }) => parameters.map((parameter) => parameter.comment));
    return [...comments, ...parameters]
      .map((each) => this.#docs.read(each).text)
      .filter((text) => text !== "")
      .join(" ");
  }
}

const ITEM_KINDS: ReadonlyMap<ReflectionKind, ItemKind> = new Map([
  [ReflectionKind.Class, "class"],
  [ReflectionKind.Interface, "interface"],
  [ReflectionKind.TypeAlias, "type"],
  [ReflectionKind.Function, "function"],
  [ReflectionKind.Namespace, "namespace"],
]);
