import { type DeclarationReflection, type ReferenceType, ReflectionKind, type SomeType } from "typedoc";

/** What an item is made of, in the order of the page: how to make one, its methods, its properties; what it inherits last. */
export function membersOf({ kind, children, type }: DeclarationReflection): DeclarationReflection[] {
  if (kind === ReflectionKind.Namespace) return []; // its functions are items themselves
  const all = (children ?? objectsIn(type).flatMap(({ children = [] }) => children)).filter(
    (member) => !isUntold(member),
  );
  const place = (member: DeclarationReflection) => 10 * rank(member) + Math.min(9, ancestry(member).length);
  return all.sort((a, b) => place(a) - place(b));
}

/** What nobody reads about: the name of a class, what has no name, and a constructor that nobody wrote or may call. */
function isUntold({ name, kind, flags, signatures = [] }: DeclarationReflection): boolean {
  if (name.startsWith("[") || (flags.isStatic && name === "name")) return true;
  return kind === ReflectionKind.Constructor && signatures.every((signature) => !signature.hasComment());
}

function rank({ kind, flags }: DeclarationReflection): number {
  if (kind === ReflectionKind.Constructor) return 0;
  if (flags.isStatic) return 1;
  return kind === ReflectionKind.Method ? 2 : 3;
}

/** The class that a member comes from: of "Module.eval", Module. Undefined for an item's own. */
export function originOf(member: DeclarationReflection): ReferenceType | undefined {
  return ancestry(member).at(-1);
}

/** From class to class, where a member is inherited from. */
function ancestry(member: DeclarationReflection): ReferenceType[] {
  const { inheritedFrom } = member;
  if (inheritedFrom === undefined) return [];
  const above = inheritedFrom.reflection;
  const owner = above?.kindOf(ReflectionKind.SomeSignature) ? above.parent : above;
  return owner?.isDeclaration() ? [inheritedFrom, ...ancestry(owner)] : [inheritedFrom];
}

/** The object types that an alias is made of. */
function objectsIn(type: SomeType | undefined): DeclarationReflection[] {
  if (type?.type === "reflection") return [type.declaration];
  return type?.type === "intersection" ? type.types.flatMap(objectsIn) : [];
}
