/**
 * `node scripts/release.mjs` checks whether this commit can be released, and shows what npm would publish.
 * `node scripts/release.mjs --publish` then tags it and publishes with provenance, which npm grants to a build in public
 * continuous integration only (GitHub Actions with `id-token: write`, GitLab): run it there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, passes, root, run, Stop } from "./run.mjs";

const publish = process.argv.includes("--publish");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const tag = `v${version}`;

try {
  cleanTree();
  newTag();
  changelog();
  if (!passes("bash", [join(root, ".ci/run")])) throw new Stop("continuous integration's checks fail");
  cleanTree(); // what ships is what was tested
  // A tarball, because of a folder npm would tell the registry the clone's scripts.
  run("npm", ["pack", "--pack-destination", "target"]);
  const tarball = `target/lstm-wasm-${version}.tgz`;
  if (!publish) {
    run("npm", ["publish", tarball, "--dry-run", "--access", "public"]);
    console.log(`${tag} can be released: node scripts/release.mjs --publish`);
  } else {
    run("npm", ["publish", tarball, "--provenance", "--access", "public"]);
    run("git", ["tag", "--annotate", tag, "--message", tag]); // last: what failed can be tried again
    console.log(`${tag} is published. Now type: git push origin ${tag}`);
  }
} catch (error) {
  console.error(error instanceof Stop ? `release: ${error.message}` : error);
  process.exitCode = 1;
}

function cleanTree() {
  const changed = ask("git", ["status", "--porcelain"]);
  if (changed === undefined) throw new Stop("this is no git clone");
  if (changed !== "") throw new Stop(`the tree is not clean:\n${changed}`);
}

function newTag() {
  if (ask("git", ["tag", "--list", tag]) !== "") {
    throw new Stop(`${tag} was released already: raise the version in package.json`);
  }
}

/** The version's section must exist, with a date and at least a line, and nothing may wait under "Unreleased". */
function changelog() {
  const sections = readFileSync(join(root, "CHANGELOG.md"), "utf8").split(/^## /m).slice(1);
  const named = (name) => sections.find((section) => section.startsWith(`[${name}]`));
  const bullet = /^- /m;
  if (!/^\[[^\]]+\] - \d{4}-\d\d-\d\d\n/.test(named(version) ?? "") || !bullet.test(named(version))) {
    throw new Stop(`CHANGELOG.md needs a section "## [${version}] - YYYY-MM-DD" that says what is in it`);
  }
  if (bullet.test(named("Unreleased") ?? "")) {
    throw new Stop(`CHANGELOG.md has lines under "Unreleased": move them to ${version}`);
  }
}
