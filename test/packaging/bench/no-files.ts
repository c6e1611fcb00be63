/** In the place of node:fs, of which the benchmark reads its version's number: browsers have no files. */
export const readFileSync = (): string => '{ "version": "" }';
