/** The licences of what is in the built page, in a file that its footer links to: most ask for their text in every copy. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Also the address, from the page on. */
export const LICENCES = "licences.txt";

/**
 * Collects the folders of the npm packages that a build has in it, the page's and those of the workers, which Vite builds before;
 * the page's writes the file.
 *
 * @param packages what all of them collect into
 */
export function licences(packages: Set<string>, part: "page" | "worker"): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle(_, bundle) {
      for (const output of Object.values(bundle)) {
        const ids = output.type === "chunk" ? output.moduleIds : output.originalFileNames;
        for (const id of ids) {
          const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0];
          if (folder) packages.add(folder);
        }
      }
      if (part === "page") this.emitFile({ type: "asset", fileName: LICENCES, source: textOf([...packages]) });
    },
  };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
}

/** For each package its name, its licence, and the text of that. */
function textOf(folders: readonly string[]): string {
  const parts = folders.map((folder) => {
    const { name, version, license, author } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    ) as Manifest;
    const files = [folder, join(folder, "dist")].flatMap(licenceFiles);
    const holder = typeof author === "object" ? author.name : author;
    const none = `The package has no file with it. Its author: ${holder ?? "see npm"}.`;
    const text = files.map((file) => readFileSync(file, "utf8").trim()).join("\n\n") || none;
    const title = `${name} ${version} (${license})`;
    return `${title}\n${"-".repeat(title.length)}\n\n${text}\n`;
  });
  return parts.sort().join("\n");
}

function licenceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((file) => /^(LICEN[CS]E|NOTICE|THIRD-PARTY-NOTICES)/i.test(file));
  return names.map((file) => join(folder, file));
}
