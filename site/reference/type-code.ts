import {
  type DeclarationReflection,
  type ReferenceType,
  type Reflection,
  ReflectionKind,
  type SignatureReflection,
  type SomeType,
  type TypeParameterReflection,
} from "typedoc";
import type { Code } from "../src/panels/reference/model.js";
import { code, join, plain } from "./code.js";

/** The address of what a type names, if it has one. */
export type AddressOf = (reflection: Reflection) => string | undefined;

/** Longer lists of parameters get a line each. */
const WIDTH = 76;

/** Writes types and signatures as TypeScript does, with links. */
export class TypeCode {
  readonly addressOf: AddressOf;

  constructor(addressOf: AddressOf) {
    this.addressOf = addressOf;
  }

  type(type: SomeType): Code {
    switch (type.type) {
      case "array":
        return code`${this.#operand(type.elementType)}[]`;
      case "union":
        return join(
          type.types.map((part) => this.#within(part, ["conditional", "reflection"])),
          " | ",
        );
      case "intersection":
        return join(
          type.types.map((part) => this.#within(part, ["union", "conditional"])),
          " & ",
        );
      case "typeOperator":
        return code`${type.operator} ${this.#operand(type.target)}`;
      case "tuple":
        return code`[${join(
          type.elements.map((element) => this.type(element)),
          ", ",
        )}]`;
      case "namedTupleMember":
        return code`${type.name}${type.isOptional ? "?" : ""}: ${this.type(type.element)}`;
      case "optional":
        return code`${this.#operand(type.elementType)}?`;
      case "rest":
        return code`...${this.#operand(type.elementType)}`;
      case "indexedAccess":
        return code`${this.#operand(type.objectType)}[${this.type(type.indexType)}]`;
      case "conditional":
        return code`${this.type(type.checkType)} extends ${this.type(type.extendsType)} ? ${this.type(type.trueType)} : ${this.type(type.falseType)}`;
      case "mapped": {
        const [readonly, optional] = [SIGNS[type.readonlyModifier ?? ""], SIGNS[type.optionalModifier ?? ""]];
        const as = type.nameType === undefined ? "" : code` as ${this.type(type.nameType)}`;
        const name = code`[${type.parameter} in ${this.type(type.parameterType)}${as}]`;
        return code`{ ${readonly === undefined ? "" : `${readonly}readonly `}${name}${optional === undefined ? "" : `${optional}?`}: ${this.type(type.templateType)} }`;
      }
      case "templateLiteral":
        return code`\`${type.head}${type.tail.flatMap(([part, text]) => code`\${${this.type(part)}}${text}`)}\``;
      case "reference":
        return this.#reference(type);
      case "reflection":
        return this.#literal(type.declaration);
      default:
        return [type.toString()];
    }
  }

  /** `forward(input: Tensor): Tensor`; a parameter a line where that is long. */
  signature(signature: SignatureReflection, name: string, arrow = ": "): Code {
    const parameters = (signature.parameters ?? []).map((parameter) => {
      const { isOptional, isRest } = parameter.flags;
      const optional = isOptional || parameter.defaultValue !== undefined;
      const type = parameter.type === undefined ? [] : this.type(parameter.type);
      return code`${isRest ? "..." : ""}${parameter.name}${optional ? "?" : ""}: ${type}`;
    });
    const { type, kind } = signature;
    const returns =
      type === undefined || kind === ReflectionKind.ConstructorSignature ? "" : code`${arrow}${this.type(type)}`;
    const start = code`${name}${this.typeParameters(signature.typeParameters)}`;
    const line = code`${start}(${join(parameters, ", ")})${returns}`;
    if (parameters.length === 0 || plain(line).length <= WIDTH) return line;
    return code`${start}(\n${parameters.flatMap((parameter) => code`  ${parameter},\n`)})${returns}`;
  }

  /** `<Name extends Names = Names>`, or nothing. */
  typeParameters(parameters: readonly TypeParameterReflection[] | undefined): Code {
    if (parameters === undefined || parameters.length === 0) return [];
    const each = parameters.map(({ name, type, default: fallback }) => {
      const bound = type === undefined ? "" : code` extends ${this.type(type)}`;
      return code`${name}${bound}${fallback === undefined ? "" : code` = ${this.type(fallback)}`}`;
    });
    return code`<${join(each, ", ")}>`;
  }

  /** `readonly shape?: number[]` */
  property({ name, flags, type, getSignature, setSignature }: DeclarationReflection): Code {
    const readonly = flags.isReadonly || (getSignature !== undefined && setSignature === undefined);
    const own = type ?? getSignature?.type;
    return code`${flags.isStatic ? "static " : ""}${readonly ? "readonly " : ""}${name}${flags.isOptional ? "?" : ""}: ${own === undefined ? "unknown" : this.type(own)}`;
  }

  #reference(type: ReferenceType): Code {
    const address = type.reflection === undefined ? undefined : this.addressOf(type.reflection);
    const name = address === undefined ? type.name : [{ text: type.name, to: address }];
    const given = (type.typeArguments ?? []).filter((argument) => !isDefault(argument)).map((each) => this.type(each));
    return given.length === 0 ? code`${name}` : code`${name}<${join(given, ", ")}>`;
  }

  /** An object type, or the type of a function. */
  #literal(declaration: DeclarationReflection): Code {
    const { signatures = [], children = [], indexSignatures = [] } = declaration;
    const [only] = signatures;
    if (only !== undefined && children.length === 0) return this.signature(only, "", " => ");
    const members = [
      ...signatures.map((signature) => this.signature(signature, "")),
      ...indexSignatures.map(({ parameters = [], type }) => {
        const key = parameters.map(({ name, type }) => code`${name}: ${type === undefined ? "" : this.type(type)}`);
        return code`[${join(key, ", ")}]: ${type === undefined ? "" : this.type(type)}`;
      }),
      ...children.flatMap((child) =>
        child.signatures === undefined
          ? [this.property(child)]
          : child.signatures.map((signature) => this.signature(signature, child.name)),
      ),
    ];
    const line = code`{ ${join(members, "; ")} }`;
    return plain(line).length <= WIDTH ? line : code`{\n${members.flatMap((member) => code`  ${member};\n`)}}`;
  }

  /** In parentheses if it is one of these. */
  #within(type: SomeType, kinds: readonly SomeType["type"][]): Code {
    const own = this.type(type);
    const isFunction = type.type === "reflection" && type.declaration.signatures !== undefined;
    const needed = kinds.includes(type.type) && (type.type !== "reflection" || isFunction);
    return needed ? code`(${own})` : own;
  }

  #operand(type: SomeType): Code {
    return this.#within(type, ["union", "intersection", "conditional", "typeOperator", "reflection"]);
  }
}

/** Of the language's own types the last arguments are mostly these, and nobody writes them. */
const isDefault = (type: SomeType): boolean =>
  (type.type === "intrinsic" && type.name === "any") || (type.type === "reference" && type.name === "ArrayBufferLike");

const SIGNS: Readonly<Record<string, string>> = { "+": "", "-": "-" };
