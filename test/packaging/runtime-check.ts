import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Place } from "./place.js";

/** One entry of the matrix: one check in one runtime. */
export interface RuntimeCheck {
  /** The table it stands in. */
  readonly table: string;
  /** Its row. */
  readonly runtime: string;
  /** Its column. */
  readonly check: string;
  /** Whether `npm test` runs it, too. The others need what only `npm run matrix` installs. */
  readonly everyday?: boolean;
  /** Why it cannot pass, where that is not our fault; it is not run. */
  readonly unsupported?: string;
  /** Runs it; throws if it fails. */
  run(place: Place): Promise<void>;
}

/** What `check.js` returns: digests by name. */
export interface Digests {
  readonly core: Readonly<Record<string, string>>;
  readonly training?: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, "digest.json");

/** The digests that every runtime on every machine must find. */
export const DIGESTS: Required<Digests> = JSON.parse(readFileSync(file, "utf8"));

/** Throws unless a runtime found all digests, or those of the core where it has no more. */
export function sameBits(found: unknown, wanted: Digests = DIGESTS): void {
  if (isDeepStrictEqual(found, wanted)) return;
  throw new Error(`expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
}

export const CORE: Digests = { core: DIGESTS.core };
