/** The licences of what is in the built page, in a file beside it that its footer links to: most ask for their text in every copy. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/**
 * Collects the folders of the npm packages that a build has in it. Vite builds the workers before the page, and the page's build
 * writes the file.
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
      if (part === "page") this.emitFile({ type: "asset", fileName: "licences.txt", source: textOf([...packages]) });
    },
  };
}

interface Package {
  readonly title: string;
  /** "MIT", or several as "Apache-2.0 AND MIT". */
  readonly license: string;
  readonly author: string | undefined;
  /** What its own files say of its licence; empty if it has none. */
  readonly text: string;
}

/** For each package its name, its licence, and the text of that. */
function textOf(folders: readonly string[]): string {
  const packages = folders.map(read);
  const parts = packages.map((one) => {
    const text = one.text || elsewhere(one, packages);
    return `${one.title}\n${"-".repeat(one.title.length)}\n\n${text}\n`;
  });
  return parts.sort().join("\n");
}

function read(folder: string): Package {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = [folder, join(folder, "dist")].flatMap((place) =>
    (existsSync(place) ? readdirSync(place) : [])
      .filter((file) => /^(LICEN[CS]E|NOTICE|THIRD-PARTY-NOTICES)/i.test(file))
      .map((file) => readFileSync(join(place, file), "utf8").trim()),
  );
  return {
    title: `${name} ${version} (${license})`,
    license,
    author: author?.name ?? author,
    text: files.join("\n\n"),
  };
}

/** Where the text of a licence stands that a package itself comes without. */
function elsewhere({ title, license, author }: Package, packages: readonly Package[]): string {
  const places = license.split(" AND ").map((id) => {
    const other = packages.find((one) => one.license === id && one.text !== "");
    if (other === undefined) throw new Error(`${title} has no licence file, and no package has the text of ${id}`);
    return `the text of ${id} stands here under ${other.title}`;
  });
  const by = author === undefined ? "" : ` by ${author}`;
  return `The package${by} has no licence file; ${places.join(", and ")}.`;
}
