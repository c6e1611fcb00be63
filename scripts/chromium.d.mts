/** The path of a Chromium to test in, from Debian's package if there is none yet. */
export function chromium(): string;
