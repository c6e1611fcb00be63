import { join } from "node:path";
import { Application, Logger, LogLevel, type ProjectReflection, type ReflectionKind, TSConfigReader } from "typedoc";

/** The module that the plugin puts into each entry, for types that exports name and nobody can import. */
export const NAMED_ONLY = "<named>";

/**
 * Reads declaration files with typedoc.
 *
 * @param files the declarations of entries
 * @param tsconfig covers these files
 * @throws Error that lists each export, member and option without a docstring, and what in docstrings leads nowhere
 */
export async function readTypes(files: readonly string[], tsconfig: string): Promise<ProjectReflection> {
  const app = await Application.bootstrapWithPlugins(
    {
      ...PLUGIN_OPTIONS,
      entryPoints: [...files],
      tsconfig,
      plugin: [join(import.meta.dirname, "../node_modules/typedoc-plugin-missing-exports/index.js")],
      logLevel: "None",
      readme: "none",
      disableSources: true,
      excludeExternals: true, // what the language itself declares
      excludeInternal: true,
      excludePrivate: true,
      skipErrorChecking: true, // tsc has done it
      sort: ["source-order"],
      validation: { notExported: true, invalidLink: true, notDocumented: true },
      requiredToBeDocumented: REQUIRED,
    },
    [new TSConfigReader()],
  );
  const problems = new Problems();
  app.logger = problems;
  const project = await app.convert();
  if (project !== undefined) app.validate(project);
  if (project === undefined || problems.found.length > 0) {
    throw new Error(`the docstrings are not complete:\n${problems.found.join("\n")}`);
  }
  return project;
}

/** The plugin's option, of which typedoc's own type does not know. */
const PLUGIN_OPTIONS: object = { internalModule: NAMED_ONLY };

const REQUIRED: ReflectionKind.KindString[] = [
  "Module",
  "Namespace",
  "Class",
  "Interface",
  "TypeAlias",
  "Enum",
  "EnumMember",
  "Variable",
  "Function",
  "Constructor",
  "Method",
  "Property",
  "GetSignature", // the setter does what the getter says
];

class Problems extends Logger {
  readonly found: string[] = [];

  override log(message: string, level: LogLevel): void {
    // What a type without a name consists of, the docstring around it tells.
    if (level >= LogLevel.Warn && !message.includes(".__type.")) this.found.push(message);
  }
}
