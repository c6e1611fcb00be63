/** Where something was measured, as far as a browser tells it. */

/** A browser's name, and what its `userAgent` says before the number of its release; the first that is there counts. */
const BROWSER_MARKS = {
  Edge: /Edg(?:A|iOS)?\/(\d+)/,
  Opera: /OPR\/(\d+)/,
  Samsung: /SamsungBrowser\/(\d+)/,
  Firefox: /(?:Firefox|FxiOS)\/(\d+)/,
  Chrome: /(?:Chrome|CriOS)\/(\d+)/,
  Safari: /Version\/(\d+).* Safari\//,
} as const;
const SYSTEM_MARKS = {
  Android: /Android/,
  iOS: /iPhone|iPad|iPod/,
  Windows: /Windows/,
  macOS: /Mac OS X/,
  ChromeOS: /CrOS/,
  Linux: /Linux/,
} as const;

const OTHER = "other";
export const BROWSERS = [...keys(BROWSER_MARKS), OTHER] as const;
export const SYSTEMS = [...keys(SYSTEM_MARKS), OTHER] as const;

export interface Place {
  readonly browser: (typeof BROWSERS)[number];
  /** The main number of the browser's version, 0 if it is not known. */
  readonly release: number;
  readonly system: (typeof SYSTEMS)[number];
  /** Logical ones. */
  readonly processors: number;
}

export function place({ userAgent, hardwareConcurrency }: Navigator = navigator): Place {
  const browser = keys(BROWSER_MARKS).find((name) => BROWSER_MARKS[name].test(userAgent));
  const [, release = "0"] = (browser && BROWSER_MARKS[browser].exec(userAgent)) ?? [];
  return {
    browser: browser ?? OTHER,
    release: Number(release),
    system: keys(SYSTEM_MARKS).find((name) => SYSTEM_MARKS[name].test(userAgent)) ?? OTHER,
    processors: hardwareConcurrency,
  };
}

function keys<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(record) as Key[];
}
